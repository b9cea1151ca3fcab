/** Messages from strangers: any bytes, in any pieces. fast-check prints the seed of a failure. */

import { concatBytes } from '@millrace/base'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sharesPerStep } from './cpu.ts'
import { seedBytes } from './job.ts'
import { MessageReader } from './message-reader.ts'
import { decodeMessage, encodeMessage, lengthBytes, type Message, messageBytesMax } from './messages.ts'

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength })
const message: fc.Arbitrary<Message> = fc.oneof(
  fc.record({ kind: fc.constant('handshake' as const), payload: bytes(0, messageBytesMax - 1) }),
  fc.record({ kind: fc.constant('payment' as const), payload: bytes(0, 1_024) }),
  fc.record({
    kind: fc.constant('job' as const),
    job: fc.record({ seed: bytes(seedBytes, seedBytes), goalBits: fc.integer({ min: 0, max: 255 }) }),
  }),
  fc.record({ kind: fc.constant('request' as const), step: uint32 }),
  fc.record({
    kind: fc.constant('result' as const),
    step: uint32,
    offsets: fc.array(uint32, { minLength: sharesPerStep, maxLength: sharesPerStep }),
  }),
)

test('a message is read as it was written, and what is accepted is written the same', () => {
  fc.assert(
    fc.property(message, (sent) => {
      expect(decodeMessage(encodeMessage(sent).subarray(lengthBytes))).toEqual({ ok: true, value: sent })
    }),
  )
  fc.assert(
    fc.property(bytes(0, 80), (noise) => {
      const decoded = decodeMessage(noise)
      if (decoded.ok) expect(encodeMessage(decoded.value).subarray(lengthBytes)).toEqual(noise)
    }),
    { numRuns: 2_000 },
  )
})

test('a stream is read the same in whatever pieces it comes', () => {
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), fc.integer({ min: 1, max: 100 }), (sent, size) => {
      const stream = concatBytes(sent.map(encodeMessage))
      const reader = new MessageReader()
      const read: Message[] = []
      for (let at = 0; at < stream.length; at += size) {
        const messages = reader.push(stream.subarray(at, at + size))
        expect(messages.ok).toBe(true)
        if (messages.ok) read.push(...messages.value)
      }
      expect(read).toEqual(sent)
    }),
  )
})

test('a length beyond the limit is refused before the message has come', () => {
  expect(new MessageReader().push(Uint8Array.of(0, 0, 8, 1))).toEqual({ ok: false, error: 'too-long' })
  expect(new MessageReader().push(Uint8Array.of(0, 0, 0, 0))).toEqual({ ok: false, error: 'empty' })
  expect(new MessageReader().push(Uint8Array.of(0, 0, 0, 1, 9))).toEqual({ ok: false, error: 'unknown-kind' })
})
