/** Replies that are no staking contract's: each look ends in a typed error or a value of the right shape. */

import { silentLogger, systemClock } from '@millrace/base'
import fc from 'fast-check'
import { encodeAbiParameters, parseAbiParameters } from 'viem'
import { expect, test } from 'vitest'
import { fakeChain } from '../../testing/fake-rpc.ts'
import { ContractClient } from '../contract-client.ts'
import { LedgerError } from '../errors.ts'
import { TransactionSender } from '../sender.ts'
import { systemTimers } from '../timers.ts'
import { Staking } from './staking.ts'

const account = `0x${'aa'.repeat(20)}` as const
const bytes = fc.uint8Array({ maxLength: 400 }).map((data) => `0x${Buffer.from(data).toString('hex')}`)
/** What decodes as a list of addresses, a number or words by chance. */
const plausible = fc.oneof(
  fc
    .bigInt({ min: 0n, max: 2n ** 256n - 1n })
    .map((value) => encodeAbiParameters(parseAbiParameters('uint256'), [value])),
  fc.array(fc.constantFrom(account), { maxLength: 3 }).map((list) => {
    return encodeAbiParameters(parseAbiParameters('address[]'), [list])
  }),
)

test('answers of any bytes are typed errors or values', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(bytes, plausible), { minLength: 1, maxLength: 12 }), async (answers) => {
      const chain = fakeChain()
      chain.grow(3)
      let asked = 0
      chain.on('eth_call', () => answers[asked++ % answers.length])
      chain.on('eth_getLogs', () => [])
      const components = { rpc: chain.rpc, timers: systemTimers, clock: systemClock, logger: silentLogger }
      const options = { chainId: 1, pollMs: 1, timeoutMs: 1, rebroadcastMs: 1 }
      const staking = new Staking(new ContractClient(1, chain.rpc, new TransactionSender(components, options)))
      const looks = [
        () => staking.view(),
        async () => (await staking.validator(account)) ?? 'none',
        async () => (await staking.operatorOfKey(`0x${'bb'.repeat(32)}`)) ?? 'nobody',
        () => staking.positions(account, [account]),
        () => staking.unbondings(account),
        () => staking.earned(account),
        () => staking.payout(account, { type: 'claim-unbonded' }),
      ]
      for (const look of looks) {
        try {
          expect(await look()).toBeDefined()
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(LedgerError)
        }
      }
    }),
    { numRuns: 300 },
  )
})
