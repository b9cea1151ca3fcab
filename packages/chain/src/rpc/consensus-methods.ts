/** millrace_consensus: who makes the blocks, and how far they are final. */

import { hasValidators } from '../genesis/staking.ts'
import { consensusAddress } from '../genesis/validators.ts'
import type { Methods, RpcContext } from './context.ts'

export function consensusMethods({ chain }: RpcContext): Methods {
  return {
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
