/** What a node trusts that joins by a snapshot, and CometBFT's section for it. */

import { ChainError } from '../../errors.ts'

/** CometBFT's light client goes from a trusted header to the snapshot's, over the nodes that are named here. */
export interface StateSync {
  /** host:port of the consensus RPC of two nodes at least: the others watch over the first. */
  readonly rpcServers: readonly string[]
  readonly trustHeight: number
  /** Hash of CometBFT's header of that height: 64 hex digits. */
  readonly trustHash: string
}

/** CometBFT compares the first with the others. */
const rpcServersMin = 2
const rpcServersMax = 16

/** @throws ChainError bad-option */
export function checkStateSync({ rpcServers, trustHeight, trustHash }: StateSync): void {
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
}

/** How long CometBFT looks for snapshots before it chooses one, and again when there is none: its least. */
const discoverySeconds = 5

/**
 * The section [statesync] of config.toml.
 *
 * @param trustSeconds for how long after the trusted header its validators can be punished for lies, and so be believed
 */
export function stateSyncText(stateSync: StateSync | undefined, trustSeconds: number): string {
  if (stateSync === undefined) return ''
  const { rpcServers, trustHeight, trustHash } = stateSync
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
