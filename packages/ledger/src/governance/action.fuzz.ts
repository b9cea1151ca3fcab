import { systemAddresses } from '@millrace/contracts'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { decodeAction, encodeAction, type ProposalAction, type TimelockCall } from './action.ts'

const hex = (bytes: { readonly least: number; readonly most: number }) =>
  fc
    .uint8Array({ minLength: bytes.least, maxLength: bytes.most })
    .map((all): Hex => `0x${Buffer.from(all).toString('hex')}`)
const address = hex({ least: 20, most: 20 })
const amount = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
const name = fc.stringMatching(/^[a-zA-Z]{1,31}$/)
const system = fc.constantFrom(...Object.values(systemAddresses)).map((one) => one as Hex) // each is an address

const action: fc.Arbitrary<ProposalAction> = fc.oneof(
  fc.record({ kind: fc.constant('text' as const) }),
  fc.record({ kind: fc.constant('unpause' as const) }),
  fc.record({ kind: fc.constant('parameter' as const), name, value: amount }),
  fc.record({ kind: fc.constant('spend' as const), to: address, amount }),
  fc.record({ kind: fc.constant('guardian' as const), guardian: address }),
  fc.record({
    kind: fc.constant('upgrade' as const),
    contract: fc.constantFrom(systemAddresses.staking, systemAddresses.governor),
    implementation: address,
    call: hex({ least: 0, most: 40 }),
  }),
)

test('an action is what was encoded', () => {
  fc.assert(
    fc.property(action, (one) => {
      expect(decodeAction(encodeAction(one))).toEqual(one)
    }),
  )
})

test('any call is shown as an action that makes just that call', () => {
  const call: fc.Arbitrary<TimelockCall> = fc.oneof(
    fc.record({ to: fc.oneof(address, system), value: amount, data: hex({ least: 0, most: 200 }) }),
    // A known call with something behind it, or cut off: near to what is decoded.
    fc.tuple(action, hex({ least: 0, most: 3 }), fc.nat(3)).map(([one, extra, cut]) => {
      const { to, value, data } = encodeAction(one)
      const bytes = `${data.slice(0, data.length - 2 * Math.min(cut, (data.length - 2) / 2))}${extra.slice(2)}`
      return { to, value, data: bytes as Hex } // 0x and whole bytes
    }),
  )
  fc.assert(
    fc.property(call, (one) => {
      expect(encodeAction(decodeAction(one))).toEqual(one)
    }),
    { numRuns: 1_000 },
  )
})
