/** What actions would do if the time-lock carried them out now. */

import { type Btt, formatBtt } from '@millrace/base'
import { systemAddresses } from '@millrace/contracts'
import type { ContractClient } from '../contract-client.ts'
import { LedgerError } from '../errors.ts'
import type { BttMove, SimulatedCall } from '../simulation.ts'
import { encodeAction, type ProposalAction, type TimelockCall } from './action.ts'
import { faultWords } from './fault.ts'

export interface ActionOutcome {
  /** Why it would fail, or change nothing; undefined when it would do what it says. */
  readonly fault: string | undefined
  readonly moves: readonly BttMove[]
}

const timelock = systemAddresses.governance

/**
 * Each action after those before it, as in a proposal; after one that would fail the others are tried without it.
 *
 * @param actions at most as many as a proposal holds
 * @throws LedgerError `unreachable`, `bad-reply`
 * @example
 * await simulateActions(client, [{ kind: 'fund-spend', to: timelock, amount }, { kind: 'timelock-spend', to, amount }])
 */
export async function simulateActions(
  client: ContractClient,
  actions: readonly ProposalAction[],
): Promise<readonly ActionOutcome[]> {
  const done: TimelockCall[] = []
  const outcomes: ActionOutcome[] = []
  for (const action of actions) {
    const outcome = await outcomeOf(client, done, action)
    outcomes.push(outcome)
    if (outcome.fault === undefined) done.push(encodeAction(action))
  }
  return outcomes
}

async function outcomeOf(
  client: ContractClient,
  done: readonly TimelockCall[],
  action: ProposalAction,
): Promise<ActionOutcome> {
  const call = encodeAction(action)
  const { fault, moves } = await lastOf(client, [...done, call])
  const unmoved = (words: string) => ({ fault: words, moves: [] })
  // A call of nobody succeeds, whatever it says; an upgrade to nobody's code fails without a word.
  if (call.data !== '0x' && !(await client.hasCode(call.to))) {
    return unmoved(`no contract stands at ${call.to}: the call would do nothing`)
  }
  if (fault === undefined) return { fault, moves }
  if (action.kind === 'upgrade' && !(await client.hasCode(action.implementation))) {
    return unmoved(`no contract stands at ${action.implementation}`)
  }
  return unmoved(faultWords(call, fault.message, fault.data))
}

/** What the last call comes to. One of more BTT than the time-lock then has can't be simulated at all. */
async function lastOf(client: ContractClient, calls: readonly TimelockCall[]): Promise<SimulatedCall> {
  try {
    const outcome = (await client.simulate(timelock, calls)).at(-1)
    return outcome ?? { fault: undefined, moves: [] }
  } catch (thrown) {
    if (!(thrown instanceof LedgerError) || thrown.code !== 'refused') throw thrown
    const [, have] = /insufficient funds.* have (\d+) want \d+/.exec(thrown.message) ?? []
    const words = have === undefined ? thrown.message : `the time-lock holds ${formatBtt(BigInt(have) as Btt)} BTT` // a balance
    return { fault: { message: words, data: undefined }, moves: [] }
  }
}
