/** The options by which keys, a chain and books are named; the same for every command that touches money. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { ChainAccess, KeySource, MoneyOptions } from '@millrace/node'
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

/** For a command that looks at the contracts of a chain. */
export function withChainFlag(command: Command): Command {
  return command.addOption(
    new Option('--rpc <url>', 'JSON-RPC of the chain').env('MILLRACE_RPC').default('http://127.0.0.1:8545'),
  )
}

export interface KeyFlags extends Pick<MoneyFlags, 'keystore' | 'devAccount'> {
  readonly rpc: string
  readonly keyFile?: string
}

/** For one that acts on them, or looks at what is a key's own. */
export function withKeyFlags(command: Command): Command {
  return withChainFlag(command)
    .addOption(new Option('--keystore <file>', 'key that signs (keystore v3)').env('MILLRACE_KEYSTORE'))
    .option('--key-file <file>', 'the same as hex in a file: the operator.key of chain init')
    .addOption(
      new Option('--dev-account <n>', 'a funded account of the embedded chain, for tests').argParser(parseWhole),
    )
}

export interface SendFlags extends KeyFlags {
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly json?: boolean
}

/** For one that sends transactions to them. */
export function withSendFlags(command: Command): Command {
  return withKeyFlags(command)
    .option('--dry-run', 'say what it would cost and lead to, and send nothing')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON object')
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

/** @throws UsageError when there is none, or more than one */
export function keyOf({ keystore, keyFile, devAccount }: Omit<KeyFlags, 'rpc'>): KeySource {
  if (devAccount !== undefined && (keystore !== undefined || keyFile !== undefined)) {
    throw new UsageError('--dev-account and another key: give one')
  }
  if (devAccount !== undefined) return { kind: 'dev', index: devAccount }
  // A keystore may be named by the environment: a file that was named for this command counts.
  if (keyFile !== undefined) return { kind: 'file', path: keyFile }
  if (keystore !== undefined) return { kind: 'keystore', path: keystore, password: promptPassword }
  throw new UsageError('a key is needed: --keystore FILE, or --dev-account N on the embedded chain')
}

/** The chain and the key of a command that acts. @throws UsageError */
export function chainOf(flags: KeyFlags): ChainAccess {
  return { rpcUrl: flags.rpc, key: keyOf(flags) }
}

/** Why the market is off, in one line, when someone asked for it without naming a ledger. */
export const marketOffLine =
  'the market is off: no public vault exists yet; name a shared chain by --rpc and --vault to pay or earn'
