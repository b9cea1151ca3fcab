/** What a proposal can do, a verb each: as commands of `gov propose`, and as text behind `--also`. */

import { type Btt, messageOf } from '@millrace/base'
import { type ActionDraft, CallTextError, dataFromText } from '@millrace/node'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { type Account, parseAccount, parseAmount } from '../parse-options.ts'
import { collectTerm, parseHex, parseInteger, parseRoot, parseTime, splitWords } from './parse-words.ts'

type Hex = `0x${string}`

/** Makes a command of this name, with whatever the place asks for beside the action. */
type Make = (name: string, summary: string) => Command
/** Gets what was asked for, with all flags of the command. */
type Take<Flags> = (draft: ActionDraft, flags: Flags) => void | Promise<void>

export function addVerbs<Flags extends object>(make: Make, take: Take<Flags>): void {
  addRules(make, take)
  addPayments(make, take)
  addGrants(make, take)
  addAirdrop(make, take)
  addIncentives(make, take)
  addCall(make, take)
}

function addRules<Flags extends object>(make: Make, take: Take<Flags>): void {
  make('text', 'words that the stake agrees to, and nothing else').action((flags: Flags) =>
    take({ kind: 'text' }, flags),
  )
  make('parameter', 'another value for a parameter, within its bounds')
    .argument('<name>', 'see gov parameters')
    .argument('<value>', 'whole number in its unit', parseInteger)
    .action((name: string, value: bigint, flags: Flags) => take({ kind: 'parameter', name, value }, flags))
  make('upgrade', 'other code for a system contract')
    .argument('<contract>', 'address of the system contract', parseAccount)
    .argument('<implementation>', 'address where the new code stands', parseAccount)
    .option('--call <data>', 'what the new code is called with once, as hex', parseHex, '0x')
    .action((contract: Account, implementation: Account, flags: Flags & { readonly call: Hex }) =>
      take({ kind: 'upgrade', contract, implementation, call: flags.call }, flags),
    )
  make('guardian', 'another guardian, with one pause; 0x00..00 is nobody')
    .argument('<address>', 'address', parseAccount)
    .action((guardian: Account, flags: Flags) => take({ kind: 'guardian', guardian }, flags))
  make('unpause', 'the end of the guardian’s pause').action((flags: Flags) => take({ kind: 'unpause' }, flags))
}

function addPayments<Flags extends object>(make: Make, take: Take<Flags>): void {
  const payments = [
    ['spend', 'a payment out of the community pool'],
    ['fund-spend', 'a payment out of the ecosystem fund'],
    ['timelock-spend', 'a payment out of the time-lock’s own BTT, where grants to governance go'],
  ] as const
  for (const [kind, summary] of payments) {
    make(kind, summary)
      .argument('<to>', 'address', parseAccount)
      .argument('<amount>', 'BTT, with at most 18 decimals', parseAmount)
      .action((to: Account, amount: Btt, flags: Flags) => take({ kind, to, amount }, flags))
  }
}

function addGrants<Flags extends object>(make: Make, take: Take<Flags>): void {
  const about = (kind: string, summary: string) =>
    make(kind, summary).argument('<grant>', 'address of the grant, as chain genesis shows it', parseAccount)
  about('grant-confirm', 'that a milestone of a grant was reached: its part vests')
    .argument('<milestone>', 'number of the milestone, from 0 on', parseInteger)
    .action((grant: Account, milestone: bigint, flags: Flags) =>
      take({ kind: 'grant-confirm', grant, milestone }, flags),
    )
  about('grant-revoke', 'that what has not vested of a grant goes to the ecosystem fund').action(
    (grant: Account, flags: Flags) => take({ kind: 'grant-revoke', grant }, flags),
  )
  about('grant-release', 'that what has vested of a grant is paid to its beneficiary').action(
    (grant: Account, flags: Flags) => take({ kind: 'grant-release', grant }, flags),
  )
}

function addAirdrop<Flags extends object>(make: Make, take: Take<Flags>): void {
  make('airdrop-open', 'a list for a drop of block 0 that has none')
    .argument('<drop>', 'number of the drop, as chain airdrop list shows it', parseInteger)
    .argument('<root>', 'Merkle root of the list', parseRoot)
    .argument('<deadline>', 'last day or time of claims, of UTC', parseTime)
    .action((drop: bigint, root: Hex, deadlineSeconds: bigint, flags: Flags) =>
      take({ kind: 'airdrop-open', drop, root, deadlineSeconds }, flags),
    )
  make('airdrop-add', 'another drop, paid for with the time-lock’s own BTT')
    .argument('<root>', 'Merkle root of the list', parseRoot)
    .argument('<deadline>', 'last day or time of claims, of UTC', parseTime)
    .argument('<amount>', 'BTT, with at most 18 decimals', parseAmount)
    .action((root: Hex, deadlineSeconds: bigint, amount: Btt, flags: Flags) =>
      take({ kind: 'airdrop-add', root, deadlineSeconds, amount }, flags),
    )
}

function addIncentives<Flags extends object>(make: Make, take: Take<Flags>): void {
  make('incentive-terms', 'other terms of the incentive pool, within their bounds')
    .argument('<name=value...>', 'those that change, of docs/incentives.md', collectTerm)
    .action((changes: Readonly<Record<string, number>>, flags: Flags) =>
      take({ kind: 'incentive-terms', changes }, flags),
    )
  make('incentive-return', 'that BTT of the incentive pool go to the ecosystem fund')
    .argument('<amount>', 'BTT, with at most 18 decimals', parseAmount)
    .action((amount: Btt, flags: Flags) => take({ kind: 'incentive-return', amount }, flags))
}

interface CallFlags {
  readonly data?: Hex
  readonly value?: Btt
}

function addCall<Flags extends object>(make: Make, take: Take<Flags>): void {
  make('call', 'any call by the time-lock')
    .argument('<to>', 'address of what is called', parseAccount)
    .argument('[signature]', 'function and types, like "spend(address,uint256)"')
    .argument(
      '[args...]',
      'its arguments, as cast takes them: [a,b] and (a,b) for lists and structs, 5BTT for 5 * 10^18',
    )
    .option('--data <hex>', 'instead of a signature: the data of the call', parseHex)
    .option('--value <btt>', 'BTT of the time-lock that go with it; none when absent', parseAmount)
    .action((to: Account, signature: string | undefined, args: readonly string[], flags: Flags & CallFlags) =>
      take({ kind: 'call', to, value: flags.value ?? 0n, data: dataOf(signature, args, flags.data) }, flags),
    )
}

/** @throws UsageError for none or two; CallTextError for what is no call */
function dataOf(signature: string | undefined, args: readonly string[], data: Hex | undefined): Hex {
  if (signature !== undefined && data === undefined) return dataFromText(signature, args)
  if (signature === undefined && data !== undefined) return data
  throw new UsageError('call needs a signature with its arguments, or --data: give one')
}

/**
 * An action as `--also` has it: the words of the command, `fund-spend 0x... 5`; in quotes where one holds spaces.
 *
 * @throws InvalidArgumentError with what was expected
 */
export function collectAction(text: string, known: readonly ActionDraft[]): readonly ActionDraft[] {
  const parser = new Command('action').exitOverride().helpCommand(false)
  parser.configureOutput({ writeErr: () => {}, writeOut: () => {} })
  let found: ActionDraft | undefined
  addVerbs(
    (name) => parser.command(name).helpOption(false),
    (draft) => {
      found = draft
    },
  )
  const words = splitWords(text)
  const verb = parser.commands.find((command) => command.name() === words[0])
  if (verb === undefined) {
    throw new InvalidArgumentError(`Expected one of ${parser.commands.map((command) => command.name()).join(', ')}.`)
  }
  try {
    parser.parse(words, { from: 'user' })
  } catch (thrown) {
    const isTold = thrown instanceof CommanderError || thrown instanceof UsageError || thrown instanceof CallTextError
    if (!isTold) throw thrown
    const message = messageOf(thrown).replace(/^error: /, '')
    throw new InvalidArgumentError(`${message}\nExpected ${verb.name()} ${verb.usage()}`)
  }
  return found === undefined ? known : [...known, found]
}
