/** The options by which keys, a chain and books are named; the same for every command that touches money. */

import { homedir } from 'node:os'
import { join } from 'node:path'
import type { MoneyOptions } from '@millrace/node'
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
  const { rpc, vault, keystore, devAccount } = flags
  if (rpc === undefined && vault === undefined) return undefined
  if (rpc === undefined || vault === undefined)
    throw new UsageError('--rpc and --vault name a ledger together: give both')
  if (keystore !== undefined && devAccount !== undefined) throw new UsageError('--keystore or --dev-account: give one')
  if (keystore === undefined && devAccount === undefined) {
    throw new UsageError('a key is needed: --keystore FILE, or --dev-account N on the embedded chain')
  }
  const key =
    keystore !== undefined
      ? ({ kind: 'keystore', path: keystore, password: promptPassword } as const)
      : ({ kind: 'dev', index: devAccount ?? 0 } as const)
  return { rpcUrl: rpc, vault, key, booksFolder: join(flags.data, 'books') }
}

/** Why the market is off, in one line, when someone asked for it without naming a ledger. */
export const marketOffLine =
  'the market is off: no public vault exists yet; name a shared chain by --rpc and --vault to pay or earn'
