/** Who makes the blocks, how far they are final, and what consensus said with each. */

import { hasValidators } from '../genesis/staking.ts'
import { consensusAddress } from '../genesis/validators.ts'
import { type Methods, needBlock, type RpcContext } from './context.ts'
import { blockReference } from './params.ts'

export function consensusMethods(context: RpcContext): Methods {
  const { chain } = context
  return {
    /** With this and its parent a block executes again to its hash; null where one process made it. */
    millrace_consensusReport([reference]) {
      return needBlock(context, blockReference(reference, 'block')).report ?? null
    },
    millrace_consensus() {
      const { number, hash, header } = chain.head()
      return {
        driver: hasValidators(chain.genesis) ? 'cometbft' : 'solo',
        head: number,
        hash,
        finalized: chain.finalized(),
        timestamp: Number(header.timestamp),
        waiting: chain.pool.size(),
        validators: chain.app.validators().map(({ consensusKey, signer, power }) => {
          return { address: consensusAddress(consensusKey), signer, power }
        }),
      }
    },
  }
}
