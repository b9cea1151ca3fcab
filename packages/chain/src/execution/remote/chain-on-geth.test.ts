/** What the chain's own tests ask of it, asked of a chain that a geth executes. */

import { afterAll, test } from 'vitest'
import { startChainsBy } from '../../../testing/clients.ts'
import { canUseGeth } from '../../../testing/geth.ts'
import { removeGeths, startOnGeth } from '../../../testing/geth-chains.ts'

if (canUseGeth()) {
  startChainsBy(startOnGeth)
  afterAll(removeGeths)
  await import('../../chain.test.ts')
  await import('../../blocks.test.ts')
} else test.skip('a chain that a geth executes does what any chain does')
