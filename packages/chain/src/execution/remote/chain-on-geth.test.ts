/** What the chain's own tests ask of it, asked of a chain that a geth executes. */

import { afterAll } from 'vitest'
import { startChainsBy } from '../../../testing/clients.ts'
import { removeGeths, startOnGeth } from '../../../testing/geth-chains.ts'

startChainsBy(startOnGeth)
afterAll(removeGeths)
await import('../../chain.test.ts')
await import('../../blocks.test.ts')
