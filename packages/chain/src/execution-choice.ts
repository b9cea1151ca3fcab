/** Who executes: this process, or a geth that an operator runs beside it. */

import type { Common } from '@ethereumjs/common'
import type { Logger } from '@millrace/base'
import { embeddedEngine } from './execution/engine.ts'
import type { ExecutionEngine } from './execution/port.ts'
import { remoteClient } from './execution/remote/client.ts'
import { remoteEngine } from './execution/remote/engine.ts'
import { readSecret } from './execution/remote/jwt.ts'
import { offersBuilding, openRemote } from './execution/remote/open.ts'
import type { ResolvedGenesis } from './genesis/config.ts'
import type { Readers } from './readers/readers.ts'
import { remoteReaders } from './readers/remote-readers.ts'
import type { ReadContext } from './rpc/context.ts'
import { blockSearches } from './rpc/heavy-methods.ts'
import { JsonText } from './rpc/json-text.ts'
import type { Blocks } from './store/blocks.ts'
import type { ChainStore } from './store/store.ts'

/** Where a geth executes for a chain without validators. */
export interface RemoteOptions {
  /** Of its Engine API, as http://127.0.0.1:8551. */
  readonly engineUrl: string
  /** The file of its --authrpc.jwtsecret. */
  readonly secretFile: string
  /** Of its JSON-RPC, with debug and maybe testing in --http.api; absent: no debug_trace, and blocks are simulated. */
  readonly rpcUrl?: string | undefined
}

export interface ExecutionParts {
  readonly common: Common
  readonly store: ChainStore
  readonly genesis: ResolvedGenesis
  readonly blocks: Blocks
  readonly logger: Logger
}

export interface Execution {
  readonly engine: ExecutionEngine
  /** Who answers the heavy questions; undefined: the loop itself. */
  readers(context: ReadContext, threads: Readers | undefined): Readers | undefined
}

/** @throws ChainError bad-option, engine-unreachable, engine-unfit, engine-failed */
export async function openExecution(parts: ExecutionParts, remote: RemoteOptions | undefined): Promise<Execution> {
  const embedded = embeddedEngine(parts)
  if (remote === undefined) return { engine: embedded, readers: (_context, threads) => threads }
  const { genesis, blocks } = parts
  // Of this machine, whatever time the chain was given: the other side compares tokens with its own.
  const wallSeconds = () => Date.now() / 1000
  const secret = readSecret(remote.secretFile)
  const first = blocks.byNumber(0) ?? (await embedded.genesis(genesis)).block
  const client = await openRemote({ url: remote.engineUrl, secret, wallSeconds }, genesis, first.hash)
  const debug = remote.rpcUrl === undefined ? undefined : remoteClient({ url: remote.rpcUrl, wallSeconds })
  const builder = debug !== undefined && (await offersBuilding(debug)) ? debug : undefined
  const engine = remoteEngine({ ...parts, client, builder })
  return {
    engine,
    readers: (context, threads) =>
      remoteReaders({ client, debug, context, ask: engine.ask, logs: threads ?? logsHere(context) }),
  }
}

/** A chain in memory has no threads. */
function logsHere(context: ReadContext): Readers {
  const methods = blockSearches(context)
  return {
    run: async ({ method, params }) => new JsonText(JSON.stringify(await methods[method]?.(params))),
    async close() {},
  }
}
