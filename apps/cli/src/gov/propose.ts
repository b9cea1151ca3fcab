/** `gov propose`: a command for each thing that a proposal can do; `--also` has it do more. */

import { readFileSync } from 'node:fs'
import { formatBtt } from '@millrace/base'
import { type ActionDraft, type ProposalOutcome, planProposal } from '@millrace/node'
import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { type SendFlags, withSendFlags } from '../money-flags.ts'
import { carryOut } from './plan.ts'
import { sentenceOfAction, sentenceOfMoves } from './sentence.ts'
import { addVerbs, collectAction } from './verbs.ts'

interface ProposeFlags extends SendFlags {
  readonly title: string
  readonly text?: string
  readonly textFile?: string
  readonly also: readonly ActionDraft[]
}

export function addPropose(gov: Command): void {
  const propose = gov
    .command('propose')
    .summary('propose something to the stake')
    .description(
      'Propose something, with a deposit that comes back unless the proposal is vetoed or too few vote. Nothing is ' +
        'sent before you have seen what it costs and what it would do, and said yes. --also adds an action, in the ' +
        'same words: all are carried out in their order, or none.',
    )
  addVerbs((name, summary) => kind(propose, name, summary), run)
}

function kind(propose: Command, name: string, summary: string): Command {
  const command = propose
    .command(name)
    .description(`Propose ${summary}.`)
    .requiredOption('--title <words>', 'what it is, in a line')
    .option('--text <words>', 'why')
    .option('--text-file <file>', 'why, from a file')
    .option('--also <action>', 'and then this, like "unpause" or "spend 0x... 5"; may be repeated', collectAction, [])
  return withSendFlags(command)
}

async function run(first: ActionDraft, flags: ProposeFlags): Promise<void> {
  const description = descriptionOf(flags)
  await carryOut(
    flags,
    (governance) => planProposal(governance, [first, ...flags.also], description),
    ({ deposit }) => ({
      action: `propose "${flags.title}" with a deposit of ${formatBtt(deposit)} BTT`,
      lines: outcomeLines,
      fields: (outcome) => outcome,
    }),
  )
}

function outcomeLines(outcome: ProposalOutcome): readonly string[] {
  const { actions, headBlock, votingDelayBlocks, votingPeriodBlocks } = outcome
  const first = headBlock + votingDelayBlocks + 2
  const isOne = actions.length === 1
  return [
    ...(isOne ? [] : [`if it passes it does these ${actions.length}, in this order, all or none:`]),
    ...actions.flatMap((_, index) => {
      const [does = '', ...more] = actionLines(outcome, index)
      return isOne
        ? [`if it passes it ${does}`, ...more]
        : [`${index + 1}. ${does}`, ...more.map((line) => `   ${line}`)]
    }),
    `votes are taken from about block ${first} to ${first + votingPeriodBlocks - 1}; the head is ${headBlock}`,
  ]
}

function actionLines({ actions, present, faults, moves }: ProposalOutcome, index: number): readonly string[] {
  const action = actions[index]
  if (action === undefined) return []
  const now = present[index]
  const fault = faults[index]
  const moved = sentenceOfMoves(moves[index] ?? [])
  return [
    `${sentenceOfAction(action)}${now === undefined ? '' : `, which is ${now} now`}`,
    ...(fault === undefined ? [] : [`carried out now it would fail: ${fault}`]),
    ...(moved === undefined ? [] : [`carried out now it ${moved}`]),
  ]
}

/** @throws UsageError for two texts or an unreadable file */
function descriptionOf({ title, text, textFile }: ProposeFlags): string {
  if (text !== undefined && textFile !== undefined) throw new UsageError('--text or --text-file: give one')
  const words = textFile === undefined ? text : readText(textFile)
  return words === undefined ? title : `${title}\n\n${words}`
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    throw new UsageError(`--text-file: ${file} cannot be read: ${String(cause)}`)
  }
}
