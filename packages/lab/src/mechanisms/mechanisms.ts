/**
 * Published ways to divide an uplink, as behaviours: the same peer, picker and lines as the client's own, with other turns at
 * the uplink and another choker. Plain BitTorrent and the market are the client itself.
 */

import { btt } from '@millrace/base'
import type { AgentView, BehaviourMaker } from '../behaviour.ts'
import type { Neighbour } from '../neighbour.ts'
import { ScenarioError } from '../scenario-error.ts'
import type { CreditBank } from './credit-bank.ts'
import { DeficitTurns } from './deficit-turns.ts'
import { OpenChoker } from './open-choker.ts'
import { PolicyUplink } from './policy-uplink.ts'
import { PostedChoker } from './posted-choker.ts'
import { PostedTurns } from './posted-turns.ts'
import { PropShareChoker } from './prop-share-choker.ts'
import { RotatingSlots } from './rotating-slots.ts'
import { WeightedTurns } from './weighted-turns.ts'

/** Plain BitTorrent's seed as the papers knew it, for peers that have the content when they come. */
export const rotatingSeed: BehaviourMaker = () => ({
  kind: 'rotating-seed',
  choker: ({ unchokeSlots: slots, random }, events) =>
    new RotatingSlots({ slots, random, gate: new OpenChoker(events, () => true) }),
})

export const propShare: BehaviourMaker = () => {
  const turns = new WeightedTurns()
  return {
    kind: 'prop-share',
    scheduler: (agent) => new PolicyUplink(agent.capacityBytesPerSecond, turns),
    choker: (agent, events) => new PropShareChoker(agent, events, turns),
  }
}

/** A deficit rule like FairTorrent's, for who leeches: everybody may ask, and the most owed is served. */
export const fairTorrent: BehaviourMaker = () => ({
  kind: 'fair-torrent',
  scheduler(agent) {
    const neighbour = neighboursOf(agent)
    return new PolicyUplink(
      agent.capacityBytesPerSecond,
      new DeficitTurns((peer) => neighbour(peer)?.download.total ?? 0),
    )
  },
  choker: (_agent, events) => new OpenChoker(events, () => true),
})

/** Parameters: `pricePerMiB` and `budget` in base units, `freeSharePpm` or none. One bank a run. */
export function postedPrice(bank: CreditBank): BehaviourMaker {
  return ({ pricePerMiB, budget, freeSharePpm }) => {
    const price = amount(pricePerMiB, 'pricePerMiB')
    const deposit = amount(budget, 'budget')
    const share = typeof freeSharePpm === 'number' ? freeSharePpm : undefined
    let turns: PostedTurns | undefined
    return {
      kind: 'posted-price',
      scheduler(agent) {
        bank.deposit(agent.id, deposit)
        const neighbour = neighboursOf(agent)
        const ownerOf = (peer: number): number => neighbour(peer)?.other.id ?? agent.id
        turns = new PostedTurns({ bank, seller: agent.id, pricePerMiB: price, freeSharePpm: share, ownerOf })
        return new PolicyUplink(agent.capacityBytesPerSecond, turns)
      },
      choker: (agent, events) =>
        new PostedChoker(agent, events, {
          keepsFreeShare: share !== undefined,
          canPay: ({ id }) => turns?.canPay(id) === true,
        }),
    }
  }
}

/** By handle, each looked for once: handles are not used again. */
function neighboursOf({ neighbours }: AgentView): (handle: number) => Neighbour | undefined {
  const known = new Map<number, Neighbour>()
  return (handle) => {
    const found = known.get(handle) ?? neighbours.find(({ id }) => id === handle)
    if (found !== undefined) known.set(handle, found)
    return found
  }
}

function amount(value: unknown, name: string): ReturnType<typeof btt> {
  if (typeof value === 'string' && /^\d{1,40}$/.test(value)) return btt(BigInt(value))
  throw new ScenarioError('bad-scenario', `behaviour.${name}: expected base units as decimal digits`)
}
