/** `gov parameters`. */

import { listParameters } from '@millrace/node'
import type { Command } from 'commander'
import { withChainFlag } from '../money-flags.ts'
import { printJson, printLine } from '../output.ts'
import { tableOf } from './table.ts'

export function addParameters(gov: Command): void {
  const command = gov
    .command('parameters')
    .description('List what stake can decide by gov propose parameter: each value, and its bounds, in its unit.')
    .option('--json', 'print one JSON list')
  withChainFlag(command).action(run)
}

async function run(flags: { readonly rpc: string; readonly json?: boolean }): Promise<void> {
  const parameters = await listParameters(flags.rpc)
  if (flags.json === true) return printJson(parameters)
  const rows = parameters.map(({ name, value, least, most }) => [name, `${value}`, `${least}`, `${most}`])
  for (const line of tableOf([['name', 'value', 'least', 'most'], ...rows])) printLine(line)
}
