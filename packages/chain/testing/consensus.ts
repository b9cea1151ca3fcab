/** An application led through blocks as CometBFT leads it: votes with extensions, absences, evidence, proposers in turn. */

import { defined } from '@millrace/base'
import type { BlockInput } from '../src/app/block-input.ts'
import { signExtension } from '../src/app/milestone.ts'
import { validatorNamed } from '../src/app/validator-sets.ts'
import type { ExtendedVote } from '../src/app/vote-record.ts'
import type { ConsensusReport, Evidence } from '../src/consensus-report.ts'
import { consensusAddress, type Validator } from '../src/genesis/validators.ts'
import type { Chain } from '../src/node.ts'
import { genesisSeconds, type TestValidator } from './validator-set.ts'

export interface BlockPlan {
  /** Who did not vote for the block before. */
  readonly missed?: readonly TestValidator[]
  readonly evidence?: readonly Evidence[]
  /** Between this block and the last. */
  readonly seconds?: number
}

export interface MadeBlock {
  readonly input: BlockInput
  readonly validatorUpdates: readonly Pick<Validator, 'consensusKey' | 'power'>[]
}

export interface Consensus {
  /** Proposes, checks, decides and commits the next block. Throws where an honest proposal is refused. */
  next(plan?: BlockPlan): Promise<MadeBlock>
}

/** Leads `chain`, fresh from its genesis, on behalf of all of `validators`, those elected later among them. */
export function leadConsensus(
  { app, head }: Pick<Chain, 'app' | 'head'>,
  validators: readonly TestValidator[],
): Consensus {
  let voters: readonly Validator[] = []
  let seconds = genesisSeconds
  const votesFor = (missed: readonly TestValidator[]): Promise<readonly ExtendedVote[]> =>
    Promise.all(
      voters.map(async ({ consensusKey }) => {
        const validator = consensusAddress(consensusKey)
        const own = defined(
          validators.find(({ address }) => address === validator),
          'a key for each voter',
        )
        if (missed.includes(own)) return { validator, committed: false, extension: new Uint8Array(0) }
        const milestone = { height: head().number, hash: head().hash }
        return { validator, committed: true, extension: await signExtension(app.network, milestone, own.signer) }
      }),
    )
  return {
    async next({ missed = [], evidence = [], seconds: gap = 1 } = {}) {
      const height = head().number + 1
      const votes = await votesFor(missed)
      voters = app.validators()
      seconds += gap
      const proposer = consensusAddress(defined(voters[height % voters.length], 'a proposer').consensusKey)
      const report: ConsensusReport = {
        proposer,
        missed: votes.filter(({ committed }) => !committed).map(({ validator }) => validator),
        evidence,
      }
      const items = await app.prepareProposal({ height, seconds, bytesMax: 1_000_000, votes, report })
      const input = { height, seconds, items, lastCommit: votes, report }
      const judged = await app.processProposal(input)
      if (!judged.ok) throw new Error(judged.error)
      const { validatorUpdates, appHash } = await app.finalizeBlock(input)
      await app.commit()
      if (head().hash !== appHash) throw new Error('another block was committed than decided')
      return { input, validatorUpdates }
    },
  }
}

/** Whether this validator votes on the next block. */
export function votesNext({ app }: Pick<Chain, 'app'>, { address }: TestValidator): boolean {
  return validatorNamed(app.validators(), address) !== undefined
}
