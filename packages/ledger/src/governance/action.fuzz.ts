import { incentiveTerms, issueAddresses, systemAddresses } from '@millrace/contracts'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { encodeAction, type ProposalAction, type TimelockCall } from './action.ts'
import { decodeAction } from './read-action.ts'

const hex = (bytes: { readonly least: number; readonly most: number }) =>
  fc
    .uint8Array({ minLength: bytes.least, maxLength: bytes.most })
    .map((all): Hex => `0x${Buffer.from(all).toString('hex')}`)
const address = hex({ least: 20, most: 20 })
const amount = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
const paid = fc.bigInt({ min: 1n, max: 2n ** 256n - 1n })
const root = hex({ least: 32, most: 32 })
const name = fc.stringMatching(/^[a-zA-Z]{1,31}$/)
const own = [...Object.values(systemAddresses), ...Object.values(issueAddresses)]
const system = fc.constantFrom(...own).map((one) => one as Hex) // each is an address
const terms = fc.record(
  Object.fromEntries(
    Object.keys(incentiveTerms).map((term) => [term, fc.nat(term.endsWith('Bps') ? 0xffff : 2 ** 30)]),
  ),
)

const of = <const Kind extends string, Fields extends object>(
  kind: Kind,
  fields: { [K in keyof Fields]: fc.Arbitrary<Fields[K]> },
) => fc.record({ kind: fc.constant(kind), ...fields })

const action = fc.oneof(
  of('text', {}),
  of('unpause', {}),
  of('parameter', { name, value: amount }),
  of('spend', { to: address, amount }),
  of('fund-spend', { to: address, amount }),
  of('timelock-spend', { to: address, amount: paid }),
  of('guardian', { guardian: address }),
  of('upgrade', {
    contract: fc.constantFrom(systemAddresses.staking, systemAddresses.governor, issueAddresses.fund),
    implementation: address,
    call: hex({ least: 0, most: 40 }),
  }),
  of('grant-confirm', { grant: address, milestone: amount }),
  of('grant-revoke', { grant: address }),
  of('grant-release', { grant: address }),
  of('airdrop-open', { drop: amount, root, deadlineSeconds: amount }),
  of('airdrop-add', { root, deadlineSeconds: amount, amount }),
  of('incentive-terms', { terms }),
  of('incentive-return', { amount }),
) as fc.Arbitrary<ProposalAction> // the terms are those of the table

test('an action is what was encoded', () => {
  fc.assert(
    fc.property(action, (one) => {
      expect(decodeAction(encodeAction(one))).toEqual(one)
    }),
    { numRuns: 500 },
  )
})

test('any call is shown as an action that makes just that call', () => {
  const call: fc.Arbitrary<TimelockCall> = fc.oneof(
    fc.record({ to: fc.oneof(address, system), value: amount, data: hex({ least: 0, most: 200 }) }),
    // A known call elsewhere, with BTT, with something behind it, or cut off: near to what is decoded.
    fc
      .tuple(action, fc.option(system), fc.option(paid), hex({ least: 0, most: 3 }), fc.nat(3))
      .map(([one, elsewhere, sum, extra, cut]) => {
        const { to, value, data } = encodeAction(one)
        const bytes = `${data.slice(0, data.length - 2 * Math.min(cut, (data.length - 2) / 2))}${extra.slice(2)}`
        return { to: elsewhere ?? to, value: sum ?? value, data: bytes as Hex } // 0x and whole bytes
      }),
  )
  fc.assert(
    fc.property(call, (one) => {
      expect(encodeAction(decodeAction(one))).toEqual(one)
    }),
    { numRuns: 2_000 },
  )
})
