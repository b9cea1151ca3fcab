/** `gov execute`: the next step of what was decided. */

import { formatBtt } from '@millrace/base'
import { planStep, type Step } from '@millrace/node'
import type { Command } from 'commander'
import { type SendFlags, withSendFlags } from '../money-flags.ts'
import { formatTime } from '../wallet/access.ts'
import { proposalNumber } from './number.ts'
import { carryOut } from './plan.ts'
import { sentenceOfAction } from './sentence.ts'

export function addExecute(gov: Command): void {
  const command = gov
    .command('execute')
    .summary('carry out what was decided')
    .description(
      'Take the next step of a proposal after its vote: queue it in the time-lock if it has passed, carry it out when ' +
        'the delay is over, then settle its deposit. Anybody may.',
    )
    .argument('<proposal>', 'its number', proposalNumber)
  withSendFlags(command).action(run)
}

async function run(number: number, flags: SendFlags): Promise<void> {
  await carryOut(
    flags,
    (governance) => planStep(governance, number, Math.floor(Date.now() / 1000)),
    (step) => ({
      action: actionOf(step, number),
      lines: outcomeLines,
      fields: (outcome) => ({ proposal: number, ...outcome }),
    }),
  )
}

function actionOf({ step }: Step, number: number): string {
  switch (step) {
    case 'queue':
      return `queue proposal ${number} in the time-lock`
    case 'execute':
      return `carry out proposal ${number}`
    case 'settle':
      return `settle the deposit of proposal ${number}`
  }
}

function outcomeLines(outcome: Step): readonly string[] {
  switch (outcome.step) {
    case 'queue':
      return [`it can be carried out from about ${formatTime(outcome.availableAtSeconds)}`]
    case 'execute':
      return outcome.actions.map((action) => `it ${sentenceOfAction(action)}`)
    case 'settle': {
      const sum = `${formatBtt(outcome.deposit)} BTT`
      return [outcome.to === 'proposer' ? `${sum} go back to the proposer` : `${sum} are burned`]
    }
  }
}
