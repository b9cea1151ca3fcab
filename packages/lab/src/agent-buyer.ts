/**
 * A buyer that bids what the market's own agent wants: a budget, a price cap and perhaps "done by" go in; bids come out, unpaid
 * intervals and sellers that are left included. It is the agent that `millrace get --budget --done-by` runs, stepped each second.
 */

import { type Btt, btt, maxBig, type Random, zeroBtt } from '@millrace/base'
import { type AgentState, type BuyerTerms, openAgent, type SellerWant, stepAgent } from '@millrace/market'
import type { AgentView, BehaviourMaker } from './behaviour.ts'
import type { Purse } from './purse.ts'
import { ScenarioError } from './scenario-error.ts'
import type { Trade } from './trade.ts'

/** As the client's: at most this part of the time goes unpaid. */
const measurePercentDefault = 5

interface AgentParameters {
  /** After it comes; undefined: the budget is spread evenly over the download. */
  readonly doneInSeconds: number | undefined
  /** `true`: the scenario's spend rate is spent as it stands, or is the most with a deadline. */
  readonly keepsRate: boolean
  readonly measurePercent: number
}

/**
 * Parameters in the scenario: `doneInSeconds`, `keepsRate`, `measurePercent` (0 measures nothing), each as it pleases. The class's
 * `pays` names the budget and the price cap; its spend rate counts only with `keepsRate`.
 *
 * @example
 * const behaviour = { kind: 'agent', doneInSeconds: 60 } // done within a minute, for as little as that takes
 */
export const agentBuyer: BehaviourMaker = (parameters, random) => {
  const desk = new AgentDesk(parsed(parameters), random)
  return {
    kind: 'agent',
    bids: (agent, _plan, _offers, nowMs) => desk.bids(agent, nowMs),
    // A second without a quote is one for the agent, too: it learns what comes for nothing.
    onSecond: (agent, nowMs) => desk.look(agent, nowMs),
  }
}

/** What one seller sent and billed, over all connections to it. */
interface Account {
  trade: Trade
  /** Of the connections before. */
  receivedBytes: number
  billedBytes: number
  billed: bigint
}

class AgentDesk {
  readonly #parameters: AgentParameters
  readonly #random: Random
  readonly #accounts = new Map<string, Account>()
  #state: AgentState | undefined
  #steppedAtMs = Number.NEGATIVE_INFINITY

  constructor(parameters: AgentParameters, random: Random) {
    this.#parameters = parameters
    this.#random = random
  }

  bids(agent: AgentView, nowMs: number): readonly Btt[] {
    const wants = this.#step(agent, nowMs)
    return sellersOf(agent).map(({ id }) => wants.get(id)?.spendRatePerSecond ?? zeroBtt)
  }

  look(agent: AgentView, nowMs: number): void {
    if (!agent.isComplete && nowMs > this.#steppedAtMs) this.#step(agent, nowMs)
  }

  #step(agent: AgentView, nowMs: number): ReadonlyMap<string, SellerWant> {
    const purse = agent.wallet?.purse
    if (purse === undefined) throw new ScenarioError('bad-scenario', 'an agent needs a budget: its class does not pay')
    this.#steppedAtMs = nowMs
    const sellers = sellersOf(agent)
    for (const { id, trade } of sellers) this.#note(id, trade)
    const accounts = [...this.#accounts.values()]
    const before = this.#state ?? openAgent(this.#terms(agent, purse), agent.arrivedMs ?? nowMs, this.#random)
    const { state, wants } = stepAgent(
      before,
      {
        nowMs,
        leftBytes: agent.leftBytes(),
        receivedBytes: agent.receivedBytes,
        billedBytes: accounts.reduce((sum, it) => sum + it.billedBytes + it.trade.billedBytes(), 0),
        billed: btt(accounts.reduce((sum, it) => sum + it.billed + it.trade.billed, 0n)),
        moneyLeft: btt(accounts.reduce((sum, { trade }) => sum + aheadOf(trade), purse.left as bigint)), // a sum of amounts
        sellers: sellers.map(({ id, trade, pricePerMiB }) => {
          const { receivedBytes = 0, billedBytes = 0 } = this.#accounts.get(id) ?? {}
          return {
            id,
            pricePerMiB,
            receivedBytes: receivedBytes + trade.receivedBytes,
            billedBytes: billedBytes + trade.billedBytes(),
          }
        }),
      },
      this.#random,
    )
    this.#state = state
    return wants
  }

  #terms({ arrivedMs = 0 }: AgentView, { plan }: Purse): BuyerTerms {
    const { doneInSeconds, keepsRate, measurePercent } = this.#parameters
    return {
      budget: plan.budget,
      priceMaxPerMiB: plan.priceMaxPerMiB,
      spendRatePerSecond: keepsRate ? plan.spendRatePerSecond : undefined,
      doneByMs: doneInSeconds === undefined ? undefined : arrivedMs + doneInSeconds * 1_000,
      measurePercent,
    }
  }

  #note(id: string, trade: Trade): void {
    const known = this.#accounts.get(id)
    if (known === undefined) {
      this.#accounts.set(id, { trade, receivedBytes: 0, billedBytes: 0, billed: 0n })
    } else if (known.trade !== trade) {
      known.receivedBytes += known.trade.receivedBytes
      known.billedBytes += known.trade.billedBytes()
      known.billed += known.trade.billed
      known.trade = trade
    }
  }
}

/** Those with a quote, in the order of the wallet's offers: that of the neighbours that made them. */
function sellersOf({
  neighbours,
}: AgentView): { readonly id: string; readonly trade: Trade; readonly pricePerMiB: Btt }[] {
  return neighbours.flatMap(({ other, paid: trade }) => {
    const pricePerMiB = trade?.quote
    return trade === undefined || pricePerMiB === undefined ? [] : [{ id: `seller ${other.id}`, trade, pricePerMiB }]
  })
}

/** Paid and not billed yet, at a seller that is connected. */
function aheadOf(trade: Trade): bigint {
  return trade.isOpen && trade.faults === 0 ? maxBig(0n, trade.paid - trade.billed) : 0n
}

function parsed({
  doneInSeconds,
  keepsRate = false,
  measurePercent,
}: Readonly<Record<string, unknown>>): AgentParameters {
  if (typeof keepsRate !== 'boolean')
    throw new ScenarioError('bad-scenario', 'behaviour.keepsRate: expected true or false')
  return {
    doneInSeconds: doneInSeconds === undefined ? undefined : real(doneInSeconds, 'doneInSeconds', 1e6),
    keepsRate,
    measurePercent: measurePercent === undefined ? measurePercentDefault : real(measurePercent, 'measurePercent', 100),
  }
}

function real(value: unknown, name: string, max: number): number {
  if (typeof value === 'number' && value >= 0 && value <= max) return value
  throw new ScenarioError('bad-scenario', `behaviour.${name}: expected a number from 0 to ${max}`)
}
