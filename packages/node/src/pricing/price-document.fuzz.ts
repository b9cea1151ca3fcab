/** The decoder of foreign prices over any bytes and any JSON: a value that the document really holds, or a refusal. */

import { formatExchangeRate } from '@millrace/market'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { numberTextAt, pointerStepsMax } from './json-pointer.ts'
import { readingOf } from './oracle-feed.ts'
import { FeedError } from './ports.ts'
import { decodePrice, priceDocumentBytesMax } from './price-document.ts'

const step = fc.oneof(fc.string({ maxLength: 8 }), fc.nat(4).map(String), fc.constantFrom('__proto__', 'length', ''))
const steps = fc.array(step, { maxLength: pointerStepsMax })

test('any bytes are a price above 0 or a refusal in words', () => {
  const numeric = fc.stringMatching(/^[-+0-9.eE" \n]{0,40}$/).map((text) => Buffer.from(text))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), numeric), steps, (bytes, path) => {
      const price = decodePrice(bytes, path)
      if (price.ok) expect(price.value > 0n).toBe(true)
      else expect(price.error.length).toBeGreaterThan(0)
    }),
    { numRuns: 2_000 },
  )
})

test('in any JSON, however it is spaced, the scanner finds at each path what JSON.parse finds there', () => {
  const spaced = fc.tuple(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(undefined, 1, '\t', ' \n'))
  fc.assert(
    fc.property(spaced, steps, fc.nat(), ([value, indent], random, pick) => {
      // What a document is after a round trip: -0 is 0 there.
      const document = JSON.stringify(value, undefined, indent)
      const paths = [random, ...pathsOf(JSON.parse(document))]
      const path = paths[pick % paths.length] ?? []
      const expected = valueAt(JSON.parse(document), path)
      const found = numberTextAt(document, path)
      if (typeof expected === 'number') expect(found.ok && Number(found.value)).toBe(expected)
      else if (typeof expected === 'string') expect(found).toEqual({ ok: true, value: expected })
      else expect(found.ok).toBe(false)
    }),
    { numRuns: 3_000 },
  )
})

test('a decimal inside a document keeps every digit', () => {
  const rate = fc.tuple(fc.bigInt({ min: 0n, max: 10n ** 12n - 1n }), fc.bigInt({ min: 1n, max: 10n ** 36n - 1n }))
  fc.assert(
    fc.property(rate, fc.boolean(), ([whole, fraction], isText) => {
      const text = `${whole}.${fraction.toString().padStart(36, '0')}`
      const document = `{"a":[0,${isText ? JSON.stringify(text) : text}]}`
      const price = decodePrice(Buffer.from(document), ['a', '1'])
      expect(price.ok && formatExchangeRate(price.value)).toBe(text.replace(/0+$/, ''))
    }),
  )
})

test('too much is refused before it is looked at', () => {
  const deep = Buffer.from('['.repeat(priceDocumentBytesMax))
  expect(decodePrice(deep, ['0']).ok).toBe(false)
  expect(decodePrice(Buffer.alloc(priceDocumentBytesMax + 1, 0x31), [])).toMatchObject({ ok: false })
})

test('whatever an oracle answers is a price with an age from 0, or a FeedError', () => {
  const word = fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })
  const seconds = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.bigInt({ min: 999n, max: 1_100n }))
  fc.assert(
    fc.property(fc.oneof(word, fc.bigInt({ min: 0n, max: 10n ** 25n })), seconds, fc.nat(255), (price, at, reports) => {
      try {
        const reading = readingOf('oracle', { price, updatedAtSeconds: at, reports }, 1_000_000)
        expect(reading.rate).toBe(price * 10n ** 18n)
        expect(reading.ageMs).toBe(Math.max(0, (1_000 - Number(at)) * 1_000))
        expect(at <= 1_060n && price > 0n && reports > 0).toBe(true)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(FeedError)
      }
    }),
  )
})

/** Own properties only, as the scanner sees them. */
function valueAt(value: unknown, path: readonly string[]): unknown {
  let at: unknown = value
  for (const name of path) {
    const isIndex = /^(0|[1-9]\d{0,8})$/.test(name)
    if (typeof at !== 'object' || at === null || (Array.isArray(at) && !isIndex) || !Object.hasOwn(at, name))
      return undefined
    at = (at as Readonly<Record<string, unknown>>)[name] // an object with that property
  }
  return at
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [[], ...Object.entries(value).flatMap(([name, inner]) => pathsOf(inner).map((path) => [name, ...path]))]
}
