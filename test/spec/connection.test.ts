/** For whom a message is on a connection, and when bad ones end it: the vectors of docs/spec against a real channel. */

import { encodeBttSpeed } from '@millrace/wire'
import { describe, expect, it } from 'vitest'
import { Receiver } from './receiver.ts'
import { bytesOf, ofWire, readVectors, type WireMessage } from './vectors.ts'

interface Vectors {
  readonly cases: readonly {
    name: string
    bound: boolean
    sells: number
    buys: number
    message: WireMessage
    answer: 'seller' | 'buyer' | 'none' | WireMessage
  }[]
  readonly bad: { readonly most: number; readonly payloads: readonly string[] }
}

describe('connection.json', () => {
  const { cases, bad } = readVectors<Vectors>('connection')
  it.each(cases)('$name', async ({ bound, sells, buys, message, answer }) => {
    const receiver = new Receiver(sells === 1, buys === 1)
    if (bound) await receiver.bind()
    receiver.channel.receive(encodeBttSpeed(ofWire(message)))
    expect(receiver.taken).toEqual(answer === 'seller' || answer === 'buyer' ? [answer] : [])
    expect(receiver.sent).toEqual(typeof answer === 'string' ? [] : [ofWire(answer)])
  })
  it('ends a connection after so many bad messages', async () => {
    const receiver = new Receiver(true, true)
    await receiver.bind()
    const feed = (index: number): void =>
      receiver.channel.receive(bytesOf(bad.payloads[index % bad.payloads.length] ?? ''))
    for (let index = 0; index < bad.most; index++) feed(index)
    expect(receiver.closedBy).toBeUndefined()
    const answered = receiver.sent.length
    expect(answered).toBe(5)
    feed(1)
    expect(receiver.closedBy).toMatch(/16 bad messages/)
    expect(receiver.sent).toHaveLength(answered)
  })
})
