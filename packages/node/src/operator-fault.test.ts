import { parseBtt } from '@millrace/base'
import type { ValidatorView } from '@millrace/ledger'
import { expect, test } from 'vitest'
import { noticeEnds, operatorFault } from './operator-fault.ts'

const day = 86_400
const now = Date.UTC(2026, 0, 31) / 1000
const rules = { timestampSeconds: now, selfStakeMin: parseBtt('1000'), commissionNoticeSeconds: 3 * day }
const own: ValidatorView = {
  operator: `0x${'0a'.repeat(20)}`,
  status: 'active',
  power: 0n,
  isCandidate: false,
  stake: parseBtt('5000'),
  ownStake: parseBtt('1000'),
  commissionBps: 500,
  commissionMostBps: 2_000,
  commissionStepBps: 100,
  commissionPlan: undefined,
  commissionRestsUntilSeconds: 0,
  jailedUntilSeconds: 0,
  consensusKey: '0x',
  signer: `0x${'0b'.repeat(20)}`,
}
const commission = (rateBps: number, changes: Partial<ValidatorView> = {}) =>
  operatorFault(rules, { ...own, ...changes }, { type: 'plan-commission', rateBps })

test('who has enough of its own stands again; who can’t is told why, with the figures', () => {
  const enter = (changes: Partial<ValidatorView>) => operatorFault(rules, { ...own, ...changes }, { type: 'enter' })
  expect(enter({})).toBeUndefined()
  expect(enter({ ownStake: parseBtt('999.5') })).toContain('has 999.5 BTT of its own and needs 1000 BTT')
  expect(enter({ isCandidate: true })).toContain('stands for the next election already')
  expect(enter({ status: 'tombstoned' })).toContain('out for good')
  const jailed = enter({ status: 'jailed', jailedUntilSeconds: now + 60 })
  expect(jailed).toContain('jailed until 2026-01-31T00:01:00.000Z: it comes back by unjail')
})

test('only who stands can leave', () => {
  expect(operatorFault(rules, { ...own, isCandidate: true }, { type: 'leave' })).toBeUndefined()
  expect(operatorFault(rules, own, { type: 'leave' })).toContain('stands for no election')
  expect(operatorFault(rules, undefined, { type: 'leave' })).toContain('no validator')
})

test('a commission moves by its step, below its most and above nothing', () => {
  expect([400, 499, 501, 600].map((rate) => commission(rate))).toEqual([undefined, undefined, undefined, undefined])
  expect(commission(500)).toBe('the commission is 5 % already')
  expect(commission(399)).toContain('expected 4 % to 6 %')
  expect(commission(601)).toContain('changes by at most 1 % and never goes above 20 %')
  expect(commission(601, { commissionMostBps: 550 })).toContain('expected 4 % to 5.5 %')
  expect(commission(30, { commissionBps: 20, commissionStepBps: 5 })).toContain('expected 0.15 % to 0.25 %')
  expect(commission(200, { commissionBps: 50 })).toContain('expected 0 % to 1.5 %')
  expect(noticeEnds(rules)).toBe(now + 3 * day)
})

test('between one change and the plan of the next there is a rest', () => {
  const planned = { commissionPlan: { bps: 600, fromSeconds: now + 2 }, commissionRestsUntilSeconds: now + 2 + day }
  const words = 'can be announced from 2026-02-01T00:00:02.000Z on; 6 % hold from 2026-01-31T00:00:02.000Z'
  expect(commission(550, planned)).toContain(words)
  expect(commission(550, { commissionRestsUntilSeconds: now + 1 })).toMatch(/from 2026-01-31T00:00:01.000Z on$/)
  expect(commission(550, { commissionRestsUntilSeconds: now })).toBeUndefined()
})
