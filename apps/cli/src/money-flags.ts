/** The options by which keys, a chain and books are named; the same for every command that touches money. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { KeySource, MoneyOptions } from '@millrace/node'
import { type Command, Option } from 'commander'
import { UsageError } from './exit-codes.ts'
import { parseWhole } from './parse-options.ts'
import { promptPassword } from './prompt.ts'

export interface MoneyFlags {
  readonly rpc?: string
  readonly vault?: string
  readonly keystore?: string
  readonly devAccount?: number
  readonly data: string
}

/** Adds `--rpc`, `--vault`, `--keystore`, `--dev-account` and `--data`. */
export function withMoneyFlags(command: Command): Command {
  return command
    .addOption(new Option('--rpc <url>', 'JSON-RPC of the chain that settles').env('MILLRACE_RPC'))
    .addOption(new Option('--vault <address>', 'vault contract on that chain').env('MILLRACE_VAULT'))
    .addOption(new Option('--keystore <file>', 'key that pays or earns (keystore v3)').env('MILLRACE_KEYSTORE'))
    .addOption(
      new Option('--dev-account <n>', 'a funded account of the embedded chain, for tests').argParser(parseWhole),
    )
    .addOption(new Option('--data <folder>', 'where books are kept').env('MILLRACE_DATA').default(defaultDataFolder()))
}

export interface KeyFlags extends Pick<MoneyFlags, 'rpc' | 'keystore' | 'devAccount'> {
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** What a command needs that sends a transaction to a contract of the chain: `--rpc`, the key, and how to go about it. */
export function withKeyFlags(command: Command): Command {
  return command
    .addOption(new Option('--rpc <url>', 'JSON-RPC of the chain').env('MILLRACE_RPC'))
    .addOption(new Option('--keystore <file>', 'key that signs (keystore v3)').env('MILLRACE_KEYSTORE'))
    .addOption(
      new Option('--dev-account <n>', 'a funded account of the embedded chain, for tests').argParser(parseWhole),
    )
    .option('--dry-run', 'say what it would cost and lead to, and send nothing')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON object')
}

/** @throws UsageError without one */
export function rpcOf({ rpc }: Pick<MoneyFlags, 'rpc'>): string {
  if (rpc === undefined) throw new UsageError('which chain? Name its JSON-RPC by --rpc')
  return rpc
}

/** XDG: `$XDG_DATA_HOME/millrace`. */
export function defaultDataFolder(): string {
  return join(process.env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'millrace')
}

/**
 * What opens the money; undefined when no chain is named, which means that the market is off.
 *
 * @throws UsageError when only a part is named
 */
export function moneyOf(flags: MoneyFlags): MoneyOptions | undefined {
  const { rpc, vault } = flags
  if (rpc === undefined && vault === undefined) return undefined
  if (rpc === undefined || vault === undefined)
    throw new UsageError('--rpc and --vault name a ledger together: give both')
  return { rpcUrl: rpc, vault, key: keyOf(flags), booksFolder: join(flags.data, 'books') }
}

/** @throws UsageError when there is none, or two */
export function keyOf({ keystore, devAccount }: Pick<MoneyFlags, 'keystore' | 'devAccount'>): KeySource {
  if (devAccount !== undefined) {
    if (keystore !== undefined) throw new UsageError('--keystore or --dev-account: give one')
    return { kind: 'dev', index: devAccount }
  }
  if (keystore !== undefined) return { kind: 'keystore', path: keystore, password: promptPassword }
  throw new UsageError('a key is needed: --keystore FILE, or --dev-account N on the embedded chain')
}

/** Why the market is off, in one line, when someone asked for it without naming a ledger. */
export const marketOffLine =
  'the market is off: no public vault exists yet; name a shared chain by --rpc and --vault to pay or earn'
