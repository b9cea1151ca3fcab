/** Where a validator stands among its peers, as its cometbft sees it: peers by its switch, heights by what they tell. */

import type { Behind, NetworkView } from '../../rpc/network-view.ts'
import { type AskConsensus, ConsensusRpcError } from './own-rpc.ts'

/** A head of more blocks' age makes us look at the peers' heights, though CometBFT has ended its own catching up. */
const headSecondsMax = 10
/** A peer that is so far ahead is just about to be followed. */
const aheadMax = 1

export interface NetworkViewParts {
  readonly ask: AskConsensus
  readonly head: () => { readonly number: number; readonly timestamp: number }
  /** Unix seconds. */
  readonly wallSeconds: () => number
}

/** A cometbft that does not answer, because it starts, replays or is gone, has no peers and is behind. */
export function cometNetwork({ ask, head, wallSeconds }: NetworkViewParts): NetworkView {
  /** Of the head when it was last seen to be behind; a node that starts has not been seen otherwise. */
  let starting: number | undefined = head().number
  let highestSeen = 0

  const progress = (peersAt: number): Behind => {
    const current = head().number
    highestSeen = Math.max(highestSeen, peersAt)
    starting ??= current
    return { starting, current, highest: Math.max(current, highestSeen) }
  }

  return {
    async peers() {
      const info = await answered(ask('net_info'))
      return wholeOf(field(info, 'n_peers')) ?? 0
    },
    async behind() {
      const status = await answered(ask('status'))
      if (status === undefined) return progress(0)
      const isCatchingUp = field(field(status, 'sync_info'), 'catching_up') !== false
      const { number, timestamp } = head()
      if (isCatchingUp || wallSeconds() - timestamp > headSecondsMax) {
        const peersAt = heightOfPeers(await answered(ask('dump_consensus_state')))
        if (isCatchingUp || peersAt > number + aheadMax) return progress(peersAt)
      }
      starting = undefined
      highestSeen = 0
      return undefined
    },
  }
}

/** Number of the newest block that a peer says it has: each is voting on the one that follows. 0 when none has said. */
function heightOfPeers(state: unknown): number {
  const peers: unknown = field(state, 'peers')
  if (!Array.isArray(peers)) return 0
  return peers.reduce((highest: number, peer) => {
    const height = wholeOf(field(field(field(peer, 'peer_state'), 'round_state'), 'height')) ?? 0
    return Math.max(highest, height - 1)
  }, 0)
}

async function answered(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (thrown) {
    if (thrown instanceof ConsensusRpcError) return undefined
    throw thrown
  }
}

function field(value: unknown, name: string): unknown {
  return Reflect.get(Object(value), name)
}

/** CometBFT writes 64-bit numbers as text. */
function wholeOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : undefined
}
