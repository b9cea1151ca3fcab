import { expect, test } from 'vitest'
import type { Message } from './messages.ts'
import { Outbox } from './outbox.ts'

const payment = (byte: number): Message => ({ kind: 'payment', payload: Uint8Array.of(byte) })
const result = (step: number): Message => ({ kind: 'result', step, offsets: [] })

test('a bill leaves after the results that were begun before it, in whatever order these come', () => {
  const sent: Message[] = []
  const outbox = new Outbox((message) => sent.push(message))
  outbox.send(payment(1))
  const [first, second] = [outbox.reserve(), outbox.reserve()]
  outbox.send(payment(2))
  second(result(1))
  expect(sent).toEqual([payment(1)])
  first(result(0))
  expect(sent).toEqual([payment(1), result(0), result(1), payment(2)])
})
