/** The heavy questions where another process executes: it answers them itself, in the words of its own JSON-RPC. */

import type { BlockHeader } from '@ethereumjs/block'
import { type RemoteClient, RemoteRefusal } from '../execution/remote/client.ts'
import type { RemoteEngine } from '../execution/remote/engine.ts'
import { contextOf } from '../execution/remote/payload.ts'
import { remoteSupply } from '../execution/remote/supply.ts'
import { quantity } from '../hex.ts'
import { needBlock, type ReadContext } from '../rpc/context.ts'
import { RpcError, rpcCodes } from '../rpc/errors.ts'
import { JsonText } from '../rpc/json-text.ts'
import { blockReference } from '../rpc/params.ts'
import { supplyView } from '../rpc/state-methods.ts'
import type { Job } from './protocol.ts'
import type { Readers } from './readers.ts'

export interface RemoteReadersOptions {
  readonly client: RemoteClient
  /** The RPC on which it answers debug_; the Engine API's port does not. */
  readonly debug: RemoteClient | undefined
  readonly context: ReadContext
  readonly ask: RemoteEngine['ask']
  /** Answers what is read of blocks alone. */
  readonly logs: Readers
}

/** Passed on at a time; each may take the other side its --rpc.evmtimeout. One more is refused. */
const questionsMax = 64

/** Questions about blocks, which are in our own store. */
const searchesOfBlocks: ReadonlySet<string> = new Set(['eth_getLogs', 'eth_feeHistory'])

/** Where a method has its block, and its overrides of that block; without a block it takes the tag. */
interface Place {
  readonly block: number
  readonly otherwise?: 'latest' | 'pending'
  readonly overrides?: number
}

const places: Readonly<Record<string, Place>> = {
  eth_call: { block: 1, otherwise: 'latest', overrides: 3 },
  eth_estimateGas: { block: 1, otherwise: 'pending', overrides: 3 },
  eth_createAccessList: { block: 1, otherwise: 'latest' },
  eth_getProof: { block: 2, otherwise: 'latest' },
  eth_simulateV1: { block: 1, otherwise: 'latest' },
  debug_traceBlockByNumber: { block: 0 },
  debug_traceCall: { block: 1, otherwise: 'latest' },
}

export function remoteReaders({ client, debug, context, ask, logs }: RemoteReadersOptions): Readers {
  const target = (method: string): RemoteClient => {
    if (method.startsWith('eth_')) return client
    if (debug !== undefined) return debug
    throw new RpcError(rpcCodes.server, `${method} needs the engine's own RPC: start with --remote-rpc`)
  }
  const supply = async (reference: unknown): Promise<JsonText> => {
    const block = needBlock(context, blockReference(reference, 'block'))
    const held = await remoteSupply(target('millrace_supply'), block.hash)
    return new JsonText(JSON.stringify(supplyView(block, held)))
  }
  let questions = 0
  return {
    async run(job) {
      if (searchesOfBlocks.has(job.method)) return logs.run(job)
      if (questions >= questionsMax) {
        throw new RpcError(
          rpcCodes.limitExceeded,
          `limit exceeded: ${questionsMax} calls are being answered; try again later`,
        )
      }
      questions += 1
      try {
        if (job.method === 'millrace_supply') return await supply(job.params[0])
        const there = target(job.method)
        const params = settled(job, context.chain.nextHeader)
        const result = await ask(() => there.call(job.method, ...params))
        return new JsonText(JSON.stringify(result))
      } catch (thrown) {
        if (!(thrown instanceof RemoteRefusal)) throw thrown
        const { code, message, data } = thrown
        // Bytes in hex with 0x: what the other side reverted with.
        throw new RpcError(
          code,
          message,
          typeof data === 'string' && data.startsWith('0x') ? (data as `0x${string}`) : undefined,
        )
      } finally {
        questions -= 1
      }
    },
    close: () => logs.close(),
  }
}

/**
 * The parameters with the block by its number: its tags are the other side's, which may be a block ahead of what we have told.
 * A call of the present sees the present, as `callHeader` says.
 */
function settled(
  { method, params, head, finalized, nextTimestamp }: Job,
  nextHeader: (timestamp: number) => BlockHeader,
) {
  const place = places[method]
  if (place === undefined) return params
  const { block, otherwise, overrides } = place
  const reference = blockReference(params[block] ?? otherwise, 'block')
  if (reference.kind === 'hash') return params
  const number =
    reference.kind === 'number'
      ? reference.number
      : { latest: head, pending: head, finalized, earliest: 0 }[reference.tag]
  if (number > head) throw new RpcError(rpcCodes.server, 'header not found')
  const given: unknown[] = [...params]
  while (given.length < block) given.push({})
  given[block] = quantity(number)
  if (reference.kind !== 'tag' || overrides === undefined || number !== head || reference.tag === 'earliest')
    return given
  const present = reference.tag === 'pending' ? contextOf(nextHeader(nextTimestamp)) : { time: quantity(nextTimestamp) }
  while (given.length < overrides) given.push(null)
  given[overrides] = { ...present, ...Object(given[overrides]) }
  return given
}
