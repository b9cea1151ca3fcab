/** `gov vote`. */

import { formatBtt } from '@millrace/base'
import { planVote, type VoteChoice, type VoteOutcome, voteChoices } from '@millrace/node'
import { Argument, type Command, InvalidArgumentError } from 'commander'
import { type SendFlags, withSendFlags } from '../money-flags.ts'
import { proposalNumber } from './number.ts'
import { carryOut } from './plan.ts'
import { verdictWords } from './words.ts'

interface VoteFlags extends SendFlags {
  readonly pool: readonly `0x${string}`[]
  readonly reason: string
}

export function addVote(gov: Command): void {
  const command = gov
    .command('vote')
    .summary('vote on a proposal')
    .description(
      'Vote on a proposal, for good. A validator votes with its whole pool. A delegator votes with its own part of ' +
        'each pool, which the validators’ votes then lack: the pools are found, or named by --pool.',
    )
    .argument('<proposal>', 'its number', proposalNumber)
    .addArgument(new Argument('<choice>', 'how').choices(voteChoices))
    .option('--pool <validator>', 'vote with your own part of this pool; may be repeated', collectPool, [])
    .option('--reason <words>', 'why, for all to read', '')
  withSendFlags(command).action(run)
}

async function run(number: number, choice: VoteChoice, flags: VoteFlags): Promise<void> {
  const { pool: pools, reason } = flags
  await carryOut(
    flags,
    (governance) => planVote(governance, number, choice, { pools, reason }),
    ({ weight }) => ({
      action: `vote ${choice} on proposal ${number} with ${formatBtt(weight)} BTT of stake`,
      lines: outcomeLines,
      fields: (outcome) => ({ proposal: number, ...outcome }),
    }),
  )
}

function outcomeLines({ asValidator, pools, votes, verdict }: VoteOutcome): readonly string[] {
  const sums = voteChoices.map((choice) => `${choice} ${formatBtt(votes[choice])}`)
  return [
    asValidator ? 'as the validator of its pool' : `as a delegator, with your parts of ${pools.join(', ')}`,
    `with it the votes are: ${sums.join(', ')} BTT`,
    `if nobody else votes it ${verdictWords(verdict)}`,
  ]
}

function collectPool(text: string, known: readonly `0x${string}`[]): readonly `0x${string}`[] {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) throw new InvalidArgumentError('Expected the address of a validator.')
  return [...known, text.toLowerCase() as `0x${string}`] // as matched
}
