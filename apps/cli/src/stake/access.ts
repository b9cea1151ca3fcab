/** What the verbs of `stake` share: chain and key, and the way from a plan over a yes to what was done. */

import { formatBtt } from '@millrace/base'
import {
  doStake,
  type KeySource,
  MoneyError,
  openStake,
  planStake,
  type StakeRequest,
  type StakeSent,
  type StakeStep,
} from '@millrace/node'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { terminalLogger } from '../logging.ts'
import { keyOf } from '../money-flags.ts'
import { note, printJson, printLine } from '../output.ts'
import { parseAmount, parseWhole } from '../parse-options.ts'
import { confirm } from '../prompt.ts'

export interface StakeFlags {
  readonly rpc: string
  readonly keystore?: string
  readonly keyFile?: string
  readonly devAccount?: number
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly json?: boolean
}

/** An account as the node package takes it: lower-case hex. */
export type AccountFlag = `0x${string}`

export function withChainFlag(command: Command): Command {
  return command.addOption(
    new Option('--rpc <url>', 'JSON-RPC of the chain').env('MILLRACE_RPC').default('http://127.0.0.1:8545'),
  )
}

/** Adds the options of a verb that sends something. */
export function withStakeFlags(command: Command): Command {
  return withKeyFlags(withChainFlag(command))
    .option('--dry-run', 'say what would be sent, what it costs and does, and send nothing')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON object')
}

export function withKeyFlags(command: Command): Command {
  return command
    .addOption(new Option('--keystore <file>', 'key that owns the stake (keystore v3)').env('MILLRACE_KEYSTORE'))
    .option('--key-file <file>', 'the same as hex in a file: the operator.key of chain init')
    .addOption(new Option('--dev-account <n>', 'a funded account of a test chain').argParser(parseWhole))
}

/** @throws UsageError when there is no key, or more than one */
export function stakeKey(flags: Pick<StakeFlags, 'keystore' | 'keyFile' | 'devAccount'>): KeySource {
  const { keyFile } = flags
  if (keyFile === undefined) return keyOf(flags)
  if (flags.devAccount !== undefined) throw new UsageError('--key-file or --dev-account: give one')
  return { kind: 'file', path: keyFile }
}

export function hasKey({ keystore, keyFile, devAccount }: StakeFlags): boolean {
  return keystore !== undefined || keyFile !== undefined || devAccount !== undefined
}

export function parseAccountArgument(text: string): AccountFlag {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('Expected an address: 0x and 40 hex digits.')
  return text.toLowerCase() as AccountFlag // the line above has matched it
}

/** An amount of BTT, or all there is. */
export function parseAmountOrAll(text: string) {
  return text === 'all' ? text : parseAmount(text)
}

/** Plans, shows, asks, and sends; with `--dry-run` it only plans and shows. */
export async function runStake(flags: StakeFlags, request: StakeRequest): Promise<void> {
  const opened = await openStake({ rpcUrl: flags.rpc, key: stakeKey(flags) }, terminalLogger(false))
  const steps = await planStake(opened, request)
  if (flags.dryRun === true) {
    if (flags.json === true) return printJson({ from: opened.account, isDryRun: true, steps })
    for (const step of steps) printLine(sentenceOf(step))
    return note('nothing was sent: it was a dry run')
  }
  for (const step of steps) note(sentenceOf(step))
  if (flags.yes !== true && !(await confirm('Go on?'))) {
    throw new MoneyError('not-confirmed', 'nothing was sent: answer yes, or pass --yes')
  }
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

function wordsOf({ action, amount, free }: StakeStep): string {
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
    case 'unjail':
      return 'leave jail and stand for the next election'
  }
}
