import { dataFromText } from '@millrace/node'
import { describe, expect, it } from 'vitest'
import { parseAmount } from '../parse-options.ts'
import { collectTerm, parseTime, splitWords } from './parse-words.ts'
import { collectAction } from './verbs.ts'

const to = '0x00000000000000000000000000000000000000cc'
const root = `0x${'ab'.repeat(32)}`

describe('an action as text', () => {
  it.each([
    ['unpause', { kind: 'unpause' }],
    ['parameter gasPriceFloor 5', { kind: 'parameter', name: 'gasPriceFloor', value: 5n }],
    [`spend ${to} 1.5`, { kind: 'spend', to, amount: parseAmount('1.5') }],
    [`fund-spend ${to} 1.5`, { kind: 'fund-spend', to, amount: parseAmount('1.5') }],
    [`timelock-spend ${to} 2`, { kind: 'timelock-spend', to, amount: parseAmount('2') }],
    [`upgrade ${to} ${to} --call 0xAB`, { kind: 'upgrade', contract: to, implementation: to, call: '0xab' }],
    [`guardian ${to}`, { kind: 'guardian', guardian: to }],
    [`grant-confirm ${to} 3`, { kind: 'grant-confirm', grant: to, milestone: 3n }],
    [`grant-revoke ${to}`, { kind: 'grant-revoke', grant: to }],
    [`grant-release ${to}`, { kind: 'grant-release', grant: to }],
    [
      `airdrop-open 1 ${root} 2030-06-30`,
      { kind: 'airdrop-open', drop: 1n, root, deadlineSeconds: BigInt(Date.UTC(2030, 5, 30) / 1000) },
    ],
    [
      `airdrop-add ${root} 2030-06-30T12:00:00Z 5`,
      {
        kind: 'airdrop-add',
        root,
        deadlineSeconds: BigInt(Date.UTC(2030, 5, 30, 12) / 1000),
        amount: parseAmount('5'),
      },
    ],
    ['incentive-terms rewardBps=5 tipBps=0', { kind: 'incentive-terms', changes: { rewardBps: 5, tipBps: 0 } }],
    ['incentive-return 7', { kind: 'incentive-return', amount: parseAmount('7') }],
    [
      `call ${to} 'note(string,int8)' "for 'all'" -5 --value 0.5`,
      {
        kind: 'call',
        to,
        value: parseAmount('0.5'),
        data: dataFromText('note(string,int8)', ["for 'all'", '-5']),
      },
    ],
    [`call ${to} --data 0x1234`, { kind: 'call', to, value: 0n, data: '0x1234' }],
  ])('%s', (text, draft) => {
    const before = { kind: 'text' } as const
    expect(collectAction(text, [before])).toEqual([before, draft])
  })

  it.each([
    ['', /^Expected one of text, parameter, upgrade,.* call\.$/],
    ['mint 5', /^Expected one of text/],
    [`spend ${to}`, /^missing required argument 'amount'\nExpected spend <to> <amount>$/],
    [`spend ${to} 1 2`, /^too many arguments for 'spend'.*\nExpected spend <to> <amount>$/],
    [
      'spend 0x12 1',
      /value '0x12' is invalid for argument 'to'\. "0x12" is no address: expected 0x and 40 hex digits\nExpected/,
    ],
    ['fund-spend 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267 1', /has a wrong checksum: a digit is mistyped/],
    [`spend ${to} 1 --title more`, /^unknown option '--title'/],
    [`call ${to}`, /^call needs a signature with its arguments, or --data: give one\nExpected call \[options\] <to>/],
    [`call ${to} f() --data 0x`, /^call needs a signature/],
    [`call ${to} f(bool) 1`, /^argument 1 of f\(bool\): expected true or false; got "1"\nExpected call/],
    [`call ${to} --data 0x1`, /Expected bytes as hex/],
    [`airdrop-open 1 0x12 2030-06-30`, /Expected the root of a list/],
    [`airdrop-open 1 ${root} 2030-02-30`, /Expected a day or a time of UTC, like 2030-06-30/],
    ["call 'x", /^A quote has no end\.$/],
  ])('%j is refused with what was expected', (text, message) => {
    expect(() => collectAction(text, [])).toThrow(message)
  })
})

it('words are split at spaces outside quotes', () => {
  expect(splitWords(` a  'b c'd "e 'f'" "" `)).toEqual(['a', 'b cd', "e 'f'", ''])
})

it('a term is a name with a whole number, once', () => {
  expect(collectTerm('tipBps=1', { rewardBps: 2 })).toEqual({ rewardBps: 2, tipBps: 1 })
  for (const wrong of ['tipBps', 'tipBps=', 'tipBps=-1', 'tipBps=1.5'])
    expect(() => collectTerm(wrong)).toThrow('NAME=')
  expect(() => collectTerm('tipBps=1', { tipBps: 1 })).toThrow('twice')
})

it('a time is one that the calendar has', () => {
  expect(parseTime('2030-06-30T00:00:01Z')).toBe(BigInt(Date.UTC(2030, 5, 30) / 1000 + 1))
  for (const wrong of ['2030', '1893456000', '2030-13-01', '2030-01-01T25:00:00Z', '2030-01-01T00:00:00']) {
    expect(() => parseTime(wrong)).toThrow('Expected a day or a time')
  }
})
