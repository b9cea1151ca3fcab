/** millrace_consensus: who makes the blocks, and how far they are final. */

import { consensusAddress } from '../genesis/validators.ts'
import type { Methods, RpcContext } from './context.ts'

export function consensusMethods({ chain }: RpcContext): Methods {
  return {
    millrace_consensus() {
      const { number, hash, header } = chain.head()
      return {
        driver: chain.genesis.validators === undefined ? 'solo' : 'cometbft',
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
