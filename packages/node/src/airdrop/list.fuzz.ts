import { formatBtt } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AirdropError, parseAirdropList } from './list.ts'

test('any text is a list or refused in words', () => {
  const piece = fc.constantFrom(
    '0x',
    'aa'.repeat(20),
    `0x${'bb'.repeat(20)}`,
    ',',
    '\n',
    '\r\n',
    '1',
    '1.5',
    '-',
    'account,amount',
    ' ',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece, { maxLength: 30 }).map((parts) => parts.join('')),
      ),
      (text) => {
        try {
          expect(parseAirdropList(text).length).toBeGreaterThan(0)
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(AirdropError)
        }
      },
    ),
  )
})

test('what is written as a list is read as it was', () => {
  const entry = fc.record({
    account: fc.bigInt(0n, 2n ** 160n - 1n).map((value) => `0x${value.toString(16).padStart(40, '0')}`),
    amount: fc.bigInt(1n, 10n ** 33n),
  })
  const entries = fc.uniqueArray(entry, { minLength: 1, maxLength: 20, selector: ({ account }) => account })
  fc.assert(
    fc.property(entries, fc.boolean(), fc.constantFrom('\n', '\r\n'), (list, hasHeader, end) => {
      const lines = list.map(({ account, amount }) => `${account},${formatBtt(amount)}`)
      expect(parseAirdropList([...(hasHeader ? ['account,amount'] : []), ...lines, ''].join(end))).toEqual(list)
    }),
  )
})

test.each([
  ['', /empty/],
  ['account,amount\n', /empty/],
  ['0x12,5', /line 1/],
  [`0x${'aa'.repeat(20)},five`, /line 1: "five" is no amount/],
  [`0x${'aa'.repeat(20)},0`, /nothing/],
  [`0x${'aa'.repeat(20)},1\n0x${'AA'.repeat(20)},2`, /line 2: .* twice/],
  [`0x${'aa'.repeat(20)},1,000`, /line 1/],
])('%j is refused', (text, words) => {
  expect(() => parseAirdropList(text)).toThrow(words)
})
