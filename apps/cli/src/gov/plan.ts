/** What the commands of governance share that send something: what it leads to first, then a yes, then the transaction. */

import { type Btt, formatBtt } from '@millrace/base'
import { type GovernancePlan, type OpenChain, openChain, type SentPlan, sendPlan } from '@millrace/node'
import { terminalLogger } from '../logging.ts'
import { chainOf, type SendFlags } from '../money-flags.ts'
import { note, printJson, printLine } from '../output.ts'
import { goOn } from '../prompt.ts'

/** How one command is told of. */
export interface Telling<Outcome> {
  /** What is about to be done, without the gas: `vote for proposal 3`. */
  readonly action: string
  /** What it leads to, a line each. */
  readonly lines: (outcome: Outcome) => readonly string[]
  /** For `--json`, beside the gas and the transaction. */
  readonly fields: (outcome: Outcome) => object
}

/**
 * Plans, shows, asks and sends.
 *
 * @throws MoneyError not-confirmed; what planning and sending throw
 */
export async function carryOut<Outcome>(
  flags: SendFlags,
  plan: (governance: OpenChain) => Promise<GovernancePlan<Outcome>>,
  telling: (outcome: Outcome) => Telling<Outcome>,
): Promise<void> {
  const governance = await openChain(chainOf(flags), terminalLogger(false))
  const planned = await plan(governance)
  const { outcome, gasCost } = planned
  const { action, lines, fields } = telling(outcome)
  if (flags.dryRun === true) {
    if (flags.json === true) return printJson({ ...fields(outcome), gasCostMost: gasCost, sent: false })
    for (const line of [`would ${sentenceOf(action, gasCost)}`, ...lines(outcome)]) printLine(line)
    return
  }
  for (const line of lines(outcome)) note(line)
  note(sentenceOf(action, gasCost))
  await goOn(flags)
  print(flags, action, fields(outcome), await sendPlan(governance, planned))
}

function sentenceOf(action: string, gasCost: Btt): string {
  return `${action}; gas at most ${formatBtt(gasCost)} BTT`
}

function print(flags: SendFlags, action: string, fields: object, sent: SentPlan): void {
  if (flags.json === true) return printJson({ ...fields, ...sent, sent: true })
  printLine(`done: ${action}; block ${sent.block}, gas ${formatBtt(sent.gasCost)} BTT, ${sent.transaction}`)
}
