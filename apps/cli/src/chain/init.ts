/** `millrace chain init`: keys, genesis and folders of a network of validators. */

import { messageOf } from '@millrace/base'
import { initValidators } from '@millrace/node'
import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { note, printJson, printLine } from '../output.ts'
import { parsePort, parseWhole } from '../parse-options.ts'

interface InitFlags {
  readonly data: string
  readonly validators: number
  readonly genesis?: string
  readonly peerHost: string
  readonly peerPort: number
  readonly json?: boolean
}

export function addChainInit(chain: Command): void {
  chain
    .command('init')
    .summary('make the folders of a network of validators')
    .description('Make keys, one genesis and a folder for each validator of a new network. Nothing is overwritten.')
    .requiredOption('--data <folder>', 'a single validator in it; several in validator-0, validator-1, ...')
    .option('--validators <n>', 'how many, each with the same stake', parseWhole, 1)
    .option('--genesis <file>', 'allocation and parameters as JSON; the documented default when absent')
    .option('--peer-host <address>', 'where validators listen for each other', '127.0.0.1')
    .option('--peer-port <port>', 'port of the first one; the others take those that follow', parsePort, 26656)
    .option('--json', 'print one JSON object')
    .action(run)
}

async function run(flags: InitFlags): Promise<void> {
  if (flags.validators < 1 || flags.validators > 100) throw new UsageError('--validators: expected 1 to 100')
  const network = await initValidators({
    folder: flags.data,
    validators: flags.validators,
    genesisFile: flags.genesis,
    peerHost: flags.peerHost,
    peerPort: flags.peerPort,
  }).catch((error: unknown) => {
    if (error instanceof SyntaxError) throw new UsageError(`--genesis: ${messageOf(error)}`)
    throw error
  })
  const { genesisHash, folders, genesis, peers } = network
  if (flags.json === true) return printJson({ genesisHash, chainId: genesis.chainId, folders, peers })
  printLine(`genesis ${genesisHash}\nchain id ${genesis.chainId}`)
  for (const [index, folder] of folders.entries()) printLine(`validator ${folder}  peer ${peers[index]}`)
  note('each folder holds the keys of its validator: whoever reads it can vote for it and take its stake')
}
