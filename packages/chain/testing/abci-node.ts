/** An application with CometBFT's side of its socket: calls go through the same bytes, without a socket. */

import { type Crash, silentLogger } from '@millrace/base'
import { createMempool } from '../src/app/mempool.ts'
import type { MilestoneSigner } from '../src/app/milestone.ts'
import type { ValidatorSource } from '../src/app/validator-sets.ts'
import { createCommon } from '../src/common.ts'
import { type CallParts, networkNameOf, type Request, type RequestName } from '../src/consensus/cometbft/calls.ts'
import { request, response } from '../src/consensus/cometbft/messages.ts'
import { createMutex } from '../src/consensus/cometbft/mutex.ts'
import { decode, encode, type Of } from '../src/consensus/cometbft/proto.ts'
import { answerFrame } from '../src/consensus/cometbft/server.ts'
import { type EngineOptions, embeddedEngine } from '../src/execution/engine.ts'
import type { LocalEngine } from '../src/execution/port.ts'
import type { ResolvedGenesis } from '../src/genesis/config.ts'
import { type Chain, createChain } from '../src/node.ts'
import { blocksOf } from '../src/store/blocks.ts'
import type { ChainStore } from '../src/store/store.ts'
import { memoryShelf } from './memory-shelf.ts'

export interface NodeOptions {
  readonly genesis: ResolvedGenesis
  readonly store: ChainStore
  readonly signer?: MilestoneSigner
  readonly validatorSource?: ValidatorSource
  readonly crash?: Crash
  readonly snapshotEveryBlocks?: number
  readonly buildTime?: () => Promise<void>
  /** Absent: the embedded engine. */
  readonly engineOf?: (options: EngineOptions) => LocalEngine
}

type Responses = Of<typeof response>

type CallName = Exclude<RequestName, 'echo' | 'query' | 'flush'>

export interface AbciCaller {
  /** The answer to a call; throws where CometBFT would be told of an exception. */
  call<N extends CallName>(name: N, value: NonNullable<Request[N]>): Promise<NonNullable<Responses[N]>>
}

export interface AbciNode extends AbciCaller {
  readonly chain: Chain
  /** What a server answers calls with. */
  readonly parts: CallParts
}

/** Opens the store as a process that starts does. */
export async function openNode(options: NodeOptions): Promise<AbciNode> {
  const { genesis, store, signer, validatorSource, crash, snapshotEveryBlocks, buildTime } = options
  const common = createCommon(genesis.chainId)
  const { engineOf = embeddedEngine } = options
  const engine = engineOf({ common, store, genesis })
  const blocks = blocksOf(store, common)
  const chain = await createChain({
    common,
    genesis,
    engine,
    blocks,
    logger: silentLogger,
    signer,
    validatorSource,
    crash,
    store,
    snapshotEveryBlocks,
    buildTime,
  })
  const { pool, submit, head, app } = chain
  const gasLimit = () => head().header.gasLimit
  const mempool = createMempool({ pool, common, gasLimit, submit, headNumber: () => head().number })
  const mutex = createMutex()
  const snapshots = snapshotEveryBlocks === undefined ? undefined : memoryShelf(store, common)
  const networkName = networkNameOf(genesis.chainId)
  const parts = { app, mempool, networkName, proposalDue: () => Promise.resolve(), snapshots }
  return {
    chain,
    parts,
    async call(name, value) {
      const answered = await answerFrame(parts, mutex, encodeCall(name, value))
      if (!answered.ok) throw new Error(answered.error)
      return decodeAnswer(name, answered.value)
    },
  }
}

/** A call as it goes over the socket, without its length. */
export function encodeCall<N extends CallName>(name: N, value: NonNullable<Request[N]>): Uint8Array {
  // The name gives the value its type; the object has that one call in it.
  return encode(request, { [name]: value } as Partial<Request>)
}

/** Throws where it is an exception, or the answer to something else. */
export function decodeAnswer<N extends CallName>(name: N, bytes: Uint8Array): NonNullable<Responses[N]> {
  const decoded = decode(response, bytes)
  if (!decoded.ok) throw new Error(decoded.error)
  const answer = decoded.value[name]
  if (answer !== undefined) return answer as NonNullable<Responses[N]> // it is there, as just seen
  throw new Error(decoded.value.exception?.error ?? `another answer than to ${name}`)
}
