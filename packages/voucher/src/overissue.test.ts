import { btt } from '@millrace/base'
import { expect, test } from 'vitest'
import type { Account } from './account.ts'
import { type BondView, bondMove } from './bond.ts'
import {
  findContradiction,
  proofVouchersMax,
  type SeenVouchers,
  see,
  seenOfPayeeMax,
  seenPayeesMax,
} from './overissue.ts'
import type { SignedVoucher } from './typed-data.ts'

const accountOfNumber = (n: number): Account => `0x${n.toString(16).padStart(40, '0')}`
const payer = accountOfNumber(1)
const voucher = (payee: number, cumulative: bigint, seq: bigint, totalIssued = cumulative): SignedVoucher => ({
  payer,
  payee: accountOfNumber(payee),
  cumulative: btt(cumulative),
  seq,
  totalIssued: btt(totalIssued),
  signature: new Uint8Array(65),
})

test('two vouchers of one seq contradict each other unless they are the same', () => {
  const [a, b] = [voucher(2, 5n, 7n, 9n), voucher(3, 4n, 7n, 9n)]
  expect(findContradiction([a, b])).toEqual({ statement: a, others: [b] })
  expect(findContradiction([a, { ...a }])).toBeUndefined()
  const raised = voucher(2, 5n, 7n, 10n)
  expect(findContradiction([a, voucher(9, 1n, 1n), raised])).toEqual({ statement: a, others: [raised] })
})

test('sums above the total that a later or equal seq names contradict it, with the fewest vouchers, rising by payee', () => {
  const old = voucher(5, 6n, 1n)
  const later = voucher(2, 5n, 3n, 10n)
  const little = voucher(9, 1n, 2n, 7n)
  expect(findContradiction([later, little, old])).toEqual({ statement: later, others: [later, old] })
  expect(findContradiction([voucher(2, 4n, 3n, 10n), old])).toBeUndefined()
  expect(findContradiction([voucher(5, 6n, 4n, 16n), later])).toBeUndefined()
})

test('a payer that books of before a crash make sign a lower sum again is honest', () => {
  // 8 to payee 2 was lost; the mark made seq and total skip ahead.
  expect(findContradiction([voucher(2, 8n, 4n, 8n), voucher(2, 3n, 1_025n, 103n), voucher(3, 2n, 1_026n, 105n)])).toBe(
    undefined,
  )
})

test('a lie that only more vouchers than a proof holds could show is left alone', () => {
  const many = Array.from({ length: proofVouchersMax + 1 }, (_, i) => voucher(i + 2, 1n, BigInt(i), 200n))
  const lie = voucher(1_000, 1n, 1_000n, BigInt(proofVouchersMax))
  expect(findContradiction([...many, lie])).toBeUndefined()
  const plainer = voucher(1_000, 1n, 1_000n, BigInt(proofVouchersMax - 1))
  expect(findContradiction([...many, plainer])?.others).toHaveLength(proofVouchersMax)
})

test('memory of a payer is bounded, and keeps the newest of a payee and the payees with the most', () => {
  let seen: SeenVouchers = new Map()
  for (let i = 0; i < 3 * seenOfPayeeMax; i++) seen = see(seen, voucher(2, BigInt(i + 1), BigInt(i)))
  expect(seen.get(accountOfNumber(2))?.map(({ seq }) => Number(seq))).toEqual(
    Array.from({ length: seenOfPayeeMax }, (_, i) => 2 * seenOfPayeeMax + i),
  )
  expect(see(seen, voucher(2, 48n, 47n))).toBe(seen)
  for (let i = 0; i < 2 * seenPayeesMax; i++) seen = see(seen, voucher(i + 3, BigInt(i + 1), 1_000n + BigInt(i)))
  expect(seen.size).toBe(seenPayeesMax)
  expect(seen.has(accountOfNumber(2))).toBe(false)
  expect(seen.has(accountOfNumber(2 * seenPayeesMax + 2))).toBe(true)
})

const view: BondView = {
  bond: { amount: btt(1_600n), planned: btt(0n), provenAtSeconds: undefined },
  isContradicted: false,
  shortfall: btt(0n),
  ownClaim: btt(0n),
  allClaims: btt(0n),
  pot: btt(800n),
  claimSeconds: 100n,
  nowSeconds: 1_050n,
  gasCost: { prove: btt(10n), claim: btt(10n), settle: btt(10n) },
}
const proven = { ...view, bond: { amount: btt(0n), planned: btt(0n), provenAtSeconds: 1_000n } }

test.each([
  ['nothing without a contradiction', view, undefined],
  ['prove for the reward alone', { ...view, isContradicted: true }, 'prove'],
  [
    'nothing where the reward is below the gas',
    { ...view, isContradicted: true, bond: { ...view.bond, amount: btt(160n) } },
    undefined,
  ],
  [
    'prove where what is owed makes up for it',
    { ...view, isContradicted: true, bond: { ...view.bond, amount: btt(160n) }, shortfall: btt(9n) },
    'prove',
  ],
  ['claim what cannot be paid', { ...proven, shortfall: btt(50n) }, 'claim'],
  ['nothing for a claim below its gas', { ...proven, shortfall: btt(20n) }, undefined],
  [
    'nothing for a part that others’ claims leave too small',
    { ...proven, shortfall: btt(50n), allClaims: btt(10_000n) },
    undefined,
  ],
  [
    'nothing while the claim stands',
    { ...proven, shortfall: btt(50n), ownClaim: btt(50n), allClaims: btt(50n) },
    undefined,
  ],
  [
    'claim more when more is owed',
    { ...proven, shortfall: btt(150n), ownClaim: btt(50n), allClaims: btt(50n) },
    'claim',
  ],
  [
    'settle when the time for claims is over',
    { ...proven, shortfall: btt(50n), ownClaim: btt(50n), allClaims: btt(50n), nowSeconds: 1_100n },
    'settle',
  ],
  ['nothing after that without a claim', { ...proven, shortfall: btt(50n), nowSeconds: 1_100n }, undefined],
] as const)('a payee does %s', (_, seen, move) => {
  expect(bondMove(seen)).toBe(move)
})
