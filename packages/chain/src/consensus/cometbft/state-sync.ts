/** What a node trusts that joins by a snapshot, and CometBFT's section for it. */

import { ChainError } from '../../errors.ts'

/** CometBFT's light client goes from a trusted header to the snapshot's, over the nodes that are named here. */
export interface StateSync {
  /** host:port of the consensus RPC of two nodes at least: the others watch over the first. */
  readonly rpcServers: readonly string[]
  readonly trustHeight: number
  /** Hash of CometBFT's header of that height: 64 hex digits. */
  readonly trustHash: string
  /** For how long after that header its validators can be punished for lies, and so be believed. */
  readonly trustSeconds: number
}

/** CometBFT compares the first with the others. */
const rpcServersMin = 2
const rpcServersMax = 16
/** A day. Stake can be slashed for evidence of two. */
export const trustSecondsDefault = 86_400
const trustSecondsMax = 2 * 86_400

/** @throws ChainError bad-option */
export function checkStateSync({ rpcServers, trustHeight, trustHash, trustSeconds }: StateSync): void {
  const fail = (message: string) => new ChainError('bad-option', `joining by a snapshot: ${message}`)
  if (rpcServers.length < rpcServersMin || rpcServers.length > rpcServersMax) {
    throw fail(
      `${rpcServers.length} nodes to ask; expected ${rpcServersMin} to ${rpcServersMax}, since they check each other`,
    )
  }
  const wrong = rpcServers.find((server) => !/^[^\s@,"\\/]+:\d{1,5}$/.test(server))
  if (wrong !== undefined) throw fail(`${wrong}: expected HOST:PORT of the consensus RPC of a node`)
  if (!Number.isSafeInteger(trustHeight) || trustHeight < 1)
    throw fail(`trusted height ${trustHeight}: expected 1 or more`)
  if (!/^[0-9a-fA-F]{64}$/.test(trustHash)) {
    throw fail(`trusted hash ${trustHash.slice(0, 80)}: expected the 64 hex digits of CometBFT's block hash`)
  }
  if (!Number.isSafeInteger(trustSeconds) || trustSeconds < 1 || trustSeconds > trustSecondsMax) {
    throw fail(`a trust period of ${trustSeconds} s: expected 1 to ${trustSecondsMax}, for so long lies are punished`)
  }
}

/** How long CometBFT looks for snapshots before it chooses one, and again when there is none: its least. */
const discoverySeconds = 5

/** The section [statesync] of config.toml. */
export function stateSyncText(stateSync: StateSync | undefined): string {
  if (stateSync === undefined) return ''
  const { rpcServers, trustHeight, trustHash, trustSeconds } = stateSync
  return `
[statesync]
enable = true
rpc_servers = "${rpcServers.join(',')}"
trust_height = ${trustHeight}
trust_hash = "${trustHash.toUpperCase()}"
trust_period = "${trustSeconds}s"
discovery_time = "${discoverySeconds}s"
`
}
