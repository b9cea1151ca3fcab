/** Set-off against the vectors of docs/spec: its message, for whom it is, what a side may say, and what is agreed. */

import { btt } from '@millrace/base'
import {
  agreedSum,
  hearSetOff,
  nothingSetOff,
  openSetOff,
  refuseSetOff,
  type SetOffEffect,
  stepSetOff,
} from '@millrace/voucher'
import { decodeBttSpeed, encodeBttSpeed } from '@millrace/wire'
import { describe, expect, it } from 'vitest'
import { setOffWord } from '../../packages/voucher/src/set-off.ts'
import { Receiver } from './receiver.ts'
import { bytesOf, hexOf, ofWire, readVectors, type WireMessage } from './vectors.ts'

interface Sums {
  readonly billed: string
  readonly owed: string
  readonly due: string
}
type Event =
  | { readonly word: { readonly c: string; readonly n: number } }
  | { readonly reject: WireMessage }
  | {
      readonly facts: Sums & { readonly at: number }
      readonly says: WireMessage | null
      readonly agreed: string
      readonly lost: string
    }
interface Vectors {
  readonly messages: readonly { name: string; message: WireMessage; bytes: string }[]
  readonly refused: readonly { name: string; bytes: string; answer: { reject: WireMessage } }[]
  readonly cases: readonly {
    name: string
    bound: boolean
    sells: number
    buys: number
    message: WireMessage
    answer: 'setOff' | 'none' | WireMessage
  }[]
  readonly words: readonly (Sums & { name: string; word: string })[]
  readonly sequences: readonly { name: string; events: readonly Event[] }[]
}

const sum = (text: string) => btt(BigInt(text))
const sums = ({ billed, owed, due }: Sums) => ({ billed: sum(billed), owed: sum(owed), due: sum(due) })

describe('set-off.json', () => {
  const { messages, refused, cases, words, sequences } = readVectors<Vectors>('set-off')

  it.each(messages)('message: $name', ({ message, bytes }) => {
    expect(hexOf(encodeBttSpeed(ofWire(message)))).toBe(bytes)
    expect(decodeBttSpeed(bytesOf(bytes))).toEqual({ ok: true, value: ofWire(message) })
  })

  it.each(refused)('refuses $name', ({ bytes, answer }) => {
    const read = decodeBttSpeed(bytesOf(bytes))
    expect(read.ok ? read.value : { t: 5, o: read.error.refused, k: 1 }).toEqual(answer.reject)
  })

  it.each(cases)('$name', async ({ bound, sells, buys, message, answer }) => {
    const receiver = new Receiver(sells === 1, buys === 1)
    if (bound) await receiver.bind()
    receiver.channel.receive(encodeBttSpeed(ofWire(message)))
    expect(receiver.taken).toEqual(answer === 'setOff' ? ['setOff'] : [])
    expect(receiver.sent).toEqual(typeof answer === 'string' ? [] : [ofWire(answer)])
  })

  it.each(words)('a word of $name', (vector) => {
    expect(String(setOffWord(sums(vector)))).toBe(vector.word)
  })

  it.each(sequences)('$name', ({ events }) => {
    let state = openSetOff(nothingSetOff)
    for (const event of events) {
      if ('word' in event) state = hearSetOff(state, { bootId: event.word.n, sum: BigInt(event.word.c) })
      else if ('reject' in event) state = refuseSetOff(state)
      else {
        const step = stepSetOff(state, { ...sums(event.facts), nowMs: event.facts.at })
        state = step.state
        const said = step.effects.flatMap((effect: SetOffEffect) => (effect.type === 'say' ? [String(effect.sum)] : []))
        expect(said).toEqual(event.says === null ? [] : [event.says.c])
        expect([agreedSum(state.noted), state.noted.lost].map(String)).toEqual([event.agreed, event.lost])
      }
    }
  })
})
