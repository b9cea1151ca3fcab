/** Peers that cheat. Each is the client but for the choices named here. */

import { type Btt, btt, minBig, zeroBtt } from '@millrace/base'
import { type SellerOffer, type SpendPlan, splitSpend } from '@millrace/market'
import type { AgentView, Behaviour, BehaviourMaker, Choker } from '../../behaviour.ts'
import type { Neighbour } from '../../neighbour.ts'
import { ScenarioError } from '../../scenario-error.ts'
import { tyrant } from './tyrant.ts'

const nobody: Choker = { fillFree() {}, tick() {}, lend() {} }
/** Takes and does not give. */
const takes = { choker: () => nobody, mayServe: () => false } as const
/** A large view: everybody that there is. */
const everybody = { wanted: 1_000, max: 1_000 } as const

/** BitThief: uploads nothing and knows everybody. */
const thief: BehaviourMaker = () => ({ kind: 'thief', ...takes, connections: () => everybody })

/** Bids and never pays; takes only. */
const phantom: BehaviourMaker = () => ({ kind: 'phantom', ...takes, pays: (_agent, view) => view.paid })

/** Signs more than its vault holds, and never tells more than that. Takes only, so that what it had is what it stole. */
const defaulter: BehaviourMaker = ({ depositBaseUnits }) => {
  const deposit = btt(BigInt(text(depositBaseUnits, 'depositBaseUnits')))
  return { kind: 'defaulter', ...takes, tellsIssued: (_agent, issued) => btt(minBig(issued, deposit)) }
}

/** Bids twice its rate for a while and nothing for as long; takes only. */
const switcher: BehaviourMaker = ({ everySeconds }) => {
  const periodMs = whole(everySeconds, 'everySeconds') * 1_000
  return {
    kind: 'switcher',
    ...takes,
    bids(_agent, plan, offers, nowMs) {
      if (Math.floor(nowMs / periodMs) % 2 === 1) return offers.map(() => zeroBtt)
      return splitSpend({ ...plan, spendRatePerSecond: btt(2n * plan.spendRatePerSecond) }, offers)
    },
  }
}

/** Stands for one seller and bids there only, to make the price rise; what it pays is that seller's own money. */
const shill: BehaviourMaker = ({ sellerClass }) => {
  const classIndex = whole(sellerClass, 'sellerClass')
  const isMaster = ({ other }: Neighbour): boolean => other.classIndex === classIndex
  return {
    kind: 'shill',
    ...takes,
    connections: () => everybody,
    mayAsk: (_agent, neighbour) => isMaster(neighbour),
    bids: (agent, plan, offers) => bidsAt(agent, plan, offers, isMaster),
  }
}

/** All of the plan for one kind of seller. Offers stand in the order of the neighbours that made them. */
function bidsAt(
  { neighbours }: AgentView,
  plan: SpendPlan,
  offers: readonly SellerOffer[],
  isMeant: (neighbour: Neighbour) => boolean,
): readonly Btt[] {
  const sellers = neighbours.filter(({ paid }) => paid?.quote !== undefined)
  return offers.map((_, i) => {
    const seller = sellers[i]
    return seller !== undefined && isMeant(seller) ? plan.spendRatePerSecond : zeroBtt
  })
}

/** Takes, does not give, and does not cheat. */
export const taker: Behaviour = { kind: 'taker', ...takes }

export const attackers: Readonly<Record<string, BehaviourMaker>> = {
  taker: () => taker,
  thief,
  phantom,
  defaulter,
  switcher,
  shill,
  tyrant,
}

function whole(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw new ScenarioError('bad-scenario', `behaviour.${name}: expected a whole number`)
}

function text(value: unknown, name: string): string {
  if (typeof value === 'string' && /^\d{1,40}$/.test(value)) return value
  throw new ScenarioError('bad-scenario', `behaviour.${name}: expected base units as decimal digits`)
}
