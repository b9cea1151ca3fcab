/** `millrace chain airdrop`: the root of a list for a genesis file, the drops of a chain, a claim. */

import { writeFile } from 'node:fs/promises'
import { formatBtt, messageOf } from '@millrace/base'
import { claimAirdrop, openChain, rootOfList, viewDrops } from '@millrace/node'
import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { terminalLogger } from '../logging.ts'
import { chainOf, type KeyFlags, withChainFlag, withKeyFlags } from '../money-flags.ts'
import { note, printJson, printLine } from '../output.ts'
import { parseWhole } from '../parse-options.ts'
import { approval, formatTime } from '../wallet/access.ts'

export function addChainAirdrop(chain: Command): void {
  const airdrop = chain.command('airdrop').summary('lists of those who get BTT, and claims')
  addRoot(airdrop)
  addList(airdrop)
  addClaim(airdrop)
}

interface RootFlags {
  readonly list: string
  readonly drop: number
  readonly genesis?: string
  readonly out?: string
  readonly json?: boolean
}

function addRoot(airdrop: Command): void {
  airdrop
    .command('root')
    .summary('make the Merkle root of a list')
    .description('Check a list of lines account,amount against a drop of a genesis file, and print its Merkle root.')
    .requiredOption('--list <file>', 'the list: CSV, an account and BTT a line')
    .requiredOption('--drop <n>', 'which of the file’s airdrops, from 0 on', parseWhole)
    .option('--genesis <file>', 'the genesis file; the documented default when absent')
    .option('--out <file>', 'write the genesis with the root in its place')
    .option('--json', 'print one JSON object')
    .action(async (flags: RootFlags) => {
      const found = await rootOfList(flags.list, flags.drop, flags.genesis).catch((error: unknown) => {
        if (error instanceof SyntaxError) throw new UsageError(`--genesis: ${messageOf(error)}`)
        throw error
      })
      const { root, entries, total, genesis } = found
      if (flags.out !== undefined) await writeFile(flags.out, `${JSON.stringify(genesis, null, 2)}\n`, { flag: 'wx' })
      if (flags.json === true) return printJson({ root, entries, total })
      printLine(`root ${root}`)
      note(`${entries} entries, ${formatBtt(total)} BTT`)
    })
}

function addList(airdrop: Command): void {
  const command = airdrop.command('list').summary('show the drops of a chain').option('--json', 'print one JSON object')
  withChainFlag(command).action(async (flags: { readonly rpc: string; readonly json?: boolean }) => {
    const drops = await viewDrops(flags.rpc)
    if (flags.json === true) return printJson({ drops })
    for (const [index, { root, left, deadlineSeconds }] of drops.entries()) {
      printLine(`${index}  ${formatBtt(left)} BTT left  until ${formatTime(deadlineSeconds)}  ${root ?? 'no list yet'}`)
    }
  })
}

interface ClaimFlags extends KeyFlags {
  readonly list: string
  readonly drop: number
  readonly account?: string
  readonly yes?: boolean
  readonly json?: boolean
}

function addClaim(airdrop: Command): void {
  const command = airdrop
    .command('claim')
    .summary('claim a place of a list')
    .description('Claim what the list has for an account. It is paid to that account; this key pays the gas.')
    .requiredOption('--list <file>', 'the list that the drop was opened with')
    .requiredOption('--drop <n>', 'number of the drop', parseWhole)
    .option('--account <address>', 'who is paid; the key’s own when absent')
    .option('-y, --yes', 'do not ask')
    .option('--json', 'print one JSON object')
  withKeyFlags(command).action(async (flags: ClaimFlags) => {
    const { list: listFile, drop, account } = flags
    const opened = await openChain(chainOf(flags), terminalLogger(false))
    const sent = await claimAirdrop(opened, { listFile, drop, account }, approval(flags))
    if (flags.json === true) return printJson(sent)
    printLine(`claimed ${formatBtt(sent.amount)} BTT, gas ${formatBtt(sent.gasCost)} BTT, ${sent.transaction}`)
  })
}
