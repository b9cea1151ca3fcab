/** `gov propose`: a command a kind. */

import { readFileSync } from 'node:fs'
import { type Btt, formatBtt } from '@millrace/base'
import { type ProposalAction, type ProposalOutcome, planProposal } from '@millrace/node'
import { type Command, InvalidArgumentError } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { type SendFlags, withSendFlags } from '../money-flags.ts'
import { parseAmount } from '../parse-options.ts'
import { carryOut } from './plan.ts'
import { sentenceOfAction } from './words.ts'

interface ProposeFlags extends SendFlags {
  readonly title: string
  readonly text?: string
  readonly textFile?: string
}

export function addPropose(gov: Command): void {
  const propose = gov
    .command('propose')
    .summary('propose something to the stake')
    .description(
      'Propose something, with a deposit that comes back unless the proposal is vetoed or too few vote. Nothing is ' +
        'sent before you have seen what it costs and what it would do, and said yes.',
    )
  kind(propose, 'text', 'words that the stake agrees to, and nothing else').action((flags: ProposeFlags) =>
    run({ kind: 'text' }, flags),
  )
  kind(propose, 'parameter', 'another value for a parameter, within its bounds')
    .argument('<name>', 'see docs/governance.md')
    .argument('<value>', 'whole number in its unit', parseInteger)
    .action((name: string, value: bigint, flags: ProposeFlags) => run({ kind: 'parameter', name, value }, flags))
  kind(propose, 'spend', 'a payment out of the community pool')
    .argument('<to>', 'address', parseAddress)
    .argument('<amount>', 'BTT, with at most 18 decimals', parseAmount)
    .action((to: `0x${string}`, amount: Btt, flags: ProposeFlags) => run({ kind: 'spend', to, amount }, flags))
  kind(propose, 'upgrade', 'other code for a system contract')
    .argument('<contract>', 'address of the system contract', parseAddress)
    .argument('<implementation>', 'address where the new code stands', parseAddress)
    .option('--call <data>', 'what the new code is called with once, as hex', parseHex, '0x')
    .action((contract: `0x${string}`, implementation: `0x${string}`, flags: ProposeFlags & { call: `0x${string}` }) =>
      run({ kind: 'upgrade', contract, implementation, call: flags.call }, flags),
    )
  kind(propose, 'guardian', 'another guardian, with one pause; 0x00..00 is nobody')
    .argument('<address>', 'address', parseAddress)
    .action((guardian: `0x${string}`, flags: ProposeFlags) => run({ kind: 'guardian', guardian }, flags))
}

function kind(propose: Command, name: string, summary: string): Command {
  const command = propose
    .command(name)
    .description(`Propose ${summary}.`)
    .requiredOption('--title <words>', 'what it is, in a line')
    .option('--text <words>', 'why')
    .option('--text-file <file>', 'why, from a file')
  return withSendFlags(command)
}

async function run(action: ProposalAction, flags: ProposeFlags): Promise<void> {
  const description = descriptionOf(flags)
  await carryOut(
    flags,
    (governance) => planProposal(governance, [action], description),
    ({ deposit }) => ({
      action: `propose "${flags.title}" with a deposit of ${formatBtt(deposit)} BTT`,
      lines: (outcome) => outcomeLines(action, outcome),
      fields: (outcome) => ({ actions: [action], ...outcome }),
    }),
  )
}

function outcomeLines(action: ProposalAction, outcome: ProposalOutcome): readonly string[] {
  const [fault] = outcome.faults
  const [present] = outcome.present
  const first = outcome.headBlock + outcome.votingDelayBlocks + 2
  return [
    `if it passes it ${sentenceOfAction(action)}${present === undefined ? '' : `, which is ${present} now`}`,
    ...(fault === undefined ? [] : [`carried out now it would fail: ${fault}`]),
    `votes are taken from about block ${first} to ${first + outcome.votingPeriodBlocks - 1}; the head is ${outcome.headBlock}`,
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

function parseInteger(text: string): bigint {
  if (!/^\d{1,39}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.')
  return BigInt(text)
}

function parseAddress(text: string): `0x${string}` {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('Expected an address: 0x and 40 hex digits.')
  return text.toLowerCase() as `0x${string}` // as matched
}

function parseHex(text: string): `0x${string}` {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(text))
    throw new InvalidArgumentError('Expected bytes as hex: 0x and pairs of digits.')
  return text.toLowerCase() as `0x${string}` // as matched
}
