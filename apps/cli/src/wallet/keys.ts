/** `wallet create` and `wallet address`. */

import { text } from 'node:stream/consumers'
import { addressOf, createKey } from '@millrace/node'
import { type Command, Option } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { keyOf } from '../money-flags.ts'
import { note, printJson, printLine } from '../output.ts'
import { parseWhole } from '../parse-options.ts'
import { promptPassword, promptSecret } from '../prompt.ts'

const mnemonicVariable = 'MILLRACE_MNEMONIC'

interface CreateFlags {
  readonly keystore: string
  readonly mnemonic?: boolean
  readonly index: number
  readonly json?: boolean
}

export function addWalletCreate(wallet: Command): void {
  wallet
    .command('create')
    .summary('make a key')
    .description('Make a key and its phrase (BIP-39), shown once, and keep the key under a password (keystore v3).')
    .addOption(
      new Option('--keystore <file>', 'where the key is kept; nothing is overwritten')
        .env('MILLRACE_KEYSTORE')
        .makeOptionMandatory(),
    )
    .option('--mnemonic', `bring in a phrase instead: from ${mnemonicVariable} or from stdin`)
    .option('--index <n>', "which key of the phrase: m/44'/60'/0'/0/n", parseWhole, 0)
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nThe password is asked for, or taken from MILLRACE_PASSWORD.')
    .action(runCreate)
}

async function runCreate({ keystore, mnemonic, index, json }: CreateFlags): Promise<void> {
  const known = mnemonic === true ? await readMnemonic() : undefined
  const made = await createKey({ path: keystore, password: promptNewPassword, mnemonic: known, index })
  if (json === true) return printJson({ address: made.address, keystore: made.path, mnemonic: made.mnemonic })
  printLine(`address ${made.address}`)
  printLine(`keystore ${made.path}`)
  if (made.mnemonic === undefined) return
  printLine(`phrase ${made.mnemonic}`)
  note('Write the phrase down: it is not kept and not shown again, and whoever has it has the key.')
}

async function readMnemonic(): Promise<string> {
  const given = process.env[mnemonicVariable]
  if (given !== undefined) return given
  return process.stdin.isTTY === true ? promptSecret('phrase: ') : text(process.stdin)
}

async function promptNewPassword(): Promise<string> {
  const password = await promptPassword()
  if (password === '') return ''
  if ((await promptSecret('once more: ')) === password) return password
  throw new UsageError('the two passwords differ: nothing was made')
}

interface AddressFlags {
  readonly keystore?: string
  readonly devAccount?: number
  readonly json?: boolean
}

export function addAddress(wallet: Command): void {
  wallet
    .command('address')
    .description('Print the address of a key. Needs neither chain nor password.')
    .addOption(new Option('--keystore <file>', 'key file (keystore v3)').env('MILLRACE_KEYSTORE'))
    .addOption(new Option('--dev-account <n>', 'a funded account of the embedded chain').argParser(parseWhole))
    .option('--json', 'print one JSON object')
    .action(async (flags: AddressFlags) => {
      const address = await addressOf(keyOf(flags))
      if (flags.json === true) printJson({ address })
      else printLine(address)
    })
}
