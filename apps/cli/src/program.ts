/** The command line: every verb, its help, and what the process ends with. */

import { messageOf } from '@millrace/base'
import { version } from '@millrace/node'
import { Command, CommanderError, Option } from 'commander'
import pc from 'picocolors'
import { addChain } from './commands/chain.ts'
import { addCreate } from './commands/create.ts'
import { addDemo } from './commands/demo.ts'
import { addEarn } from './commands/earn.ts'
import { addGet } from './commands/get.ts'
import { addGov } from './commands/gov.ts'
import { addInspect } from './commands/inspect.ts'
import { addLab } from './commands/lab.ts'
import { addSeed } from './commands/seed.ts'
import { addStake } from './commands/stake.ts'
import { addTracker } from './commands/tracker.ts'
import { addWallet } from './commands/wallet.ts'
import { exitCodeOf, exitCodes } from './exit-codes.ts'
import { note } from './output.ts'

const exitHelp = `
Exit codes: 0 ok, 1 failed, 2 usage, 4 not found, 5 timeout, 6 locked, 7 unfinished, 8 insufficient funds or
budget spent, 9 disk, 10 bad torrent or magnet, 11 chain refused, 130 interrupted.`

function buildProgram(): Command {
  const program = new Command('millrace')
    .description('A BitTorrent client whose upload bandwidth is a market.')
    .version(version)
    .addHelpText('after', exitHelp)
    .exitOverride()
    .showHelpAfterError('(add --help for what is expected)')
    // An option belongs to the verb that it stands behind: chain and chain init both have --data.
    .enablePositionalOptions()
  const verbs = [
    addGet,
    addSeed,
    addEarn,
    addCreate,
    addInspect,
    addTracker,
    addChain,
    addStake,
    addGov,
    addWallet,
    addLab,
    addDemo,
  ]
  for (const add of verbs) add(program)
  for (const verb of program.commands) finishVerb(verb)
  return program
}

/** What holds for each verb and those below it: refusals as errors, and `--no-market` wherever somebody puts it. */
function finishVerb(verb: Command): void {
  verb.exitOverride().showHelpAfterError('(add --help for what is expected)')
  const isKnown = verb.options.some((option) => option.long === '--no-market')
  if (!isKnown) verb.addOption(new Option('--no-market', 'accepted everywhere; nothing is traded here').hideHelp())
  for (const below of verb.commands) finishVerb(below)
}

/** Runs one command line; sets the process's exit code. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await buildProgram().parseAsync([...argv])
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
      return
    }
    note(`${pc.red('error:')} ${messageOf(error)}`)
    if (process.env.MILLRACE_DEBUG !== undefined) console.error(error)
    process.exitCode = exitCodeOf(error)
  }
}
