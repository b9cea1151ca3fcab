/** `millrace chain genesis`: the first issue of BTT, as a genesis file says it. */

import { formatBtt, messageOf } from '@millrace/base'
import { type GenesisRow, genesisRows, genesisWarning, readGenesis } from '@millrace/node'
import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { note, printLine } from '../output.ts'
import { collectText } from '../parse-options.ts'

export function addChainGenesis(chain: Command): void {
  chain
    .command('genesis')
    .summary('show and check a genesis file')
    .description(
      'Check a genesis file and show who holds the 990 trillion BTT, by which contract and terms. With --json print the ' +
        'whole file: the documented default is where a file of one’s own begins.',
    )
    .argument('[file]', 'the file; the documented default when absent')
    .option('--parameter <name=value>', 'with this parameter of staking; may repeat', collectText, [])
    .option('--json', 'print the genesis as JSON')
    .action(run)
}

interface GenesisFlags {
  readonly parameter: readonly string[]
  readonly json?: boolean
}

async function run(file: string | undefined, flags: GenesisFlags): Promise<void> {
  const genesis = await readGenesis(file, parametersOf(flags.parameter)).catch((error: unknown) => {
    if (error instanceof SyntaxError) throw new UsageError(`${file}: ${messageOf(error)}`)
    throw error
  })
  if (flags.json === true) return printLine(JSON.stringify(genesis, null, 2))
  const rows = genesisRows(genesis)
  for (const row of rows) printLine(lineOf(row))
  const sum = rows.reduce((total, { amount }) => total + amount, 0n)
  note(`${rows.length} rows sum to ${formatBtt(sum)} BTT, chain id ${genesis.chainId}: the file is a genesis`)
  const warning = await genesisWarning(genesis)
  if (warning !== undefined) note(warning)
}

function parametersOf(given: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    given.map((text) => {
      const [, name, value] = /^(\w+)=(\d+)$/.exec(text) ?? []
      if (name === undefined || value === undefined) throw new UsageError(`--parameter ${text}: expected NAME=NUMBER`)
      return [name, value]
    }),
  )
}

function lineOf({ name, amount, holder, address, terms }: GenesisRow): string {
  const where = holder === 'account' || holder === 'grant' ? address : holder
  return [name.padEnd(22), formatBtt(amount).padStart(16), `BTT  ${where}`, terms].join('  ').trimEnd()
}
