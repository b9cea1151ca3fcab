/** What the verbs of `stake` share: the way from a plan over a yes to what was done. */

import { formatBtt } from '@millrace/base'
import {
  doStake,
  type OpenChain,
  openChain,
  planStake,
  type StakeRequest,
  type StakeSent,
  type StakeStep,
} from '@millrace/node'
import { terminalLogger } from '../logging.ts'
import { chainOf, type SendFlags } from '../money-flags.ts'
import { note, printJson, printLine } from '../output.ts'
import { parseAmount } from '../parse-options.ts'
import { goOn } from '../prompt.ts'
import { formatTime } from '../wallet/access.ts'

/** An amount of BTT, or all there is. */
export function parseAmountOrAll(text: string) {
  return text === 'all' ? text : parseAmount(text)
}

/** Plans, shows, asks, and sends; with `--dry-run` it only plans and shows. */
export async function runStake(flags: SendFlags, request: StakeRequest): Promise<void> {
  await runStakeOn(await openChain(chainOf(flags), terminalLogger(false)), flags, request)
}

/** The same on a chain that is open; `prepare` runs after the yes and before anything is sent. */
export async function runStakeOn(
  opened: OpenChain,
  flags: SendFlags,
  request: StakeRequest,
  prepare?: () => void,
): Promise<void> {
  const steps = await planStake(opened, request)
  if (flags.dryRun === true) {
    if (flags.json === true) return printJson({ from: opened.account, isDryRun: true, steps })
    for (const step of steps) printLine(sentenceOf(step))
    return note('nothing was sent: it was a dry run')
  }
  for (const step of steps) note(sentenceOf(step))
  await goOn(flags)
  prepare?.()
  const sent = await doStake(opened, steps)
  if (flags.json === true) return printJson({ from: opened.account, isDryRun: false, steps: sent })
  for (const step of sent) printLine(doneOf(step))
}

function sentenceOf(step: StakeStep): string {
  return `${wordsOf(step)}; gas at most ${formatBtt(step.gasCost)} BTT`
}

function doneOf(step: StakeSent): string {
  return `done: ${wordsOf(step)}, gas ${formatBtt(step.gasPaid)} BTT, ${step.transaction}`
}

function wordsOf({ action, amount, free, holdsFromSeconds = 0 }: StakeStep): string {
  const sum = `${formatBtt(amount)} BTT`
  const release = free === undefined ? '' : `epoch ${free.epoch}, block ${free.fromBlock} at the earliest`
  switch (action.type) {
    case 'register':
      return `register as a validator with ${sum} of own stake, commission ${action.commissionBps / 100} %`
    case 'stake':
      return `add ${sum} to the own stake`
    case 'delegate':
      return `delegate ${sum} to ${action.validator}`
    case 'unbond':
      return `unbond ${sum} from ${action.validator}: it earns nothing more and can be claimed in ${release}`
    case 'redelegate':
      return `move ${sum} from ${action.from} to ${action.to}, locked there until ${release}`
    case 'restake':
      return `add rewards of ${sum} to the stake at ${action.validator}`
    case 'claim-rewards':
      return `claim rewards of ${sum} from ${action.validator}`
    case 'claim-unbonded':
      return `claim ${sum} that have unbonded`
    case 'claim-commission':
      return `claim a commission of ${sum}`
    case 'claim-credit':
      return `claim ${sum} for reports of double signs`
    case 'change-signer':
      return `sign milestones with the key of ${action.signer} from ${release}`
    case 'change-key':
      return `sign votes with the key ${action.consensusKey} from ${release}, when its node starts its cometbft anew`
    case 'plan-commission':
      return `announce a commission of ${action.rateBps / 100} %, which holds from ${formatTime(holdsFromSeconds)} at the earliest`
    case 'unjail':
      return 'leave jail and stand for the next election'
    case 'enter':
      return `stand for election: if the validator is elected, it votes from ${release}`
    case 'leave':
      return `stand for no further election: the next set, which is without this validator, votes from ${release}`
  }
}
