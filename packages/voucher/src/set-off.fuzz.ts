/** Whatever the other side says, and in any order: set-off moves no more than was served, and nobody loses more than before. */

import { type Btt, blockBytes, btt, maxBig } from '@millrace/base'
import type { BttSpeedMessage } from '@millrace/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bytePriceOf } from '../../market/src/bid.ts'
import { MutualSide, price } from '../testing/mutual-side.ts'
import { payee, payer } from '../testing/pair.ts'
import { accountBytes } from './account.ts'
import { agreedSum, hearSetOff, nothingSetOff, openSetOff, setOffWord, stepSetOff } from './set-off.ts'

const blocks = (count: number): bigint => bytePriceOf(count * blockBytes, price) >> 20n
const prepayMax = blocks(64)
const sum = fc.oneof(fc.bigInt(0n, blocks(2_000)), fc.bigInt(0n, 2n ** 256n - 1n))
const word = fc.record({ type: fc.constant('word' as const), bootId: fc.nat(4), sum })

test('S never falls and never passes our word, and our word never passes what we served, owe and have not paid', () => {
  const amount = fc.bigInt(0n, 1_000n).map(btt)
  const facts = fc.record({
    type: fc.constant('facts' as const),
    afterMs: fc.nat(400),
    billed: amount,
    owed: amount,
    due: amount,
  })
  fc.assert(
    fc.property(fc.array(fc.oneof(word, facts), { maxLength: 60 }), (events) => {
      let state = openSetOff(nothingSetOff)
      let nowMs = 0
      let most = btt(0n)
      let said: Btt | undefined
      for (const event of events) {
        const before = agreedSum(state.noted)
        if (event.type === 'word') {
          state = hearSetOff(state, event)
          expect(agreedSum(state.noted)).toBe(before)
          continue
        }
        nowMs += event.afterMs
        most = maxBig(most, setOffWord(event))
        const step = stepSetOff(state, { ...event, nowMs })
        state = step.state
        expect(agreedSum(state.noted)).toBeGreaterThanOrEqual(before)
        expect(agreedSum(state.noted)).toBeLessThanOrEqual(state.noted.own)
        expect(state.noted.own).toBeLessThanOrEqual(most)
        // What is said or counted is in the books first, and is what they have.
        const [first, ...others] = step.effects
        if (others.length > 0) expect(first).toEqual({ type: 'note', note: state.noted })
        for (const effect of others) if (effect.type === 'say') said = effect.sum
        if (said !== undefined) expect(said).toBe(state.noted.own)
      }
    }),
    { numRuns: 500 },
  )
})

const act = fc.oneof(
  { weight: 4, arbitrary: word },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('serve' as const), count: fc.nat(40) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('take' as const), count: fc.nat(40) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('state' as const), more: fc.integer({ min: -20, max: 40 }) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('pay' as const), count: fc.nat(30) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.nat(1_500) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('refuse' as const), refused: fc.nat(6), code: fc.nat(12) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('reconnect' as const) }) },
)

/** The other side: it serves, states, pays and says what it likes. */
class Liar {
  readonly me: MutualSide
  paid = 0n
  /** Blocks that it really sent. */
  sent = 0
  #seq = 0n
  #counter = 0
  #bid = 0

  constructor() {
    const kept = { bootId: 1, setOff: nothingSetOff, billed: 0n, billedBytes: 0, newest: undefined, issued: undefined }
    this.me = new MutualSide(payer, payee, kept, { nowMs: 0, prepayMax })
    this.me.open()
    this.#greet()
    this.pay(64)
  }

  do(action: typeof act extends fc.Arbitrary<infer Action> ? Action : never): void {
    const { me } = this
    if (action.type === 'word') me.receive({ t: 'setOff', bootId: action.bootId, sum: action.sum })
    else if (action.type === 'serve') {
      this.sent += action.count
      me.get(action.count * blockBytes)
    } else if (action.type === 'take') for (let i = 0; i < action.count; i++) me.serve()
    else if (action.type === 'state') this.state(Math.max(0, this.sent + action.more))
    else if (action.type === 'pay') this.pay(action.count)
    else if (action.type === 'pass') me.pass(action.ms)
    else if (action.type === 'refuse')
      me.receive({ t: 'reject', refused: action.refused, code: action.code, words: '' })
    else {
      me.close()
      me.open()
      this.#greet()
    }
    for (const message of me.take()) if (message.t === 'bid') this.#bid = message.number
  }

  state(count: number): void {
    const [billed, billedBytes] = [blocks(count), count * blockBytes]
    this.#counter++
    const version = { bootId: 1, counter: this.#counter, bidNumber: this.#bid }
    this.me.receive({ t: 'account', ...version, billedBytes, billed, accepted: 0n, credit: 0n })
  }

  pay(count: number): void {
    this.paid += blocks(count)
    this.#seq++
    const sums = { cumulative: this.paid, seq: this.#seq, totalIssued: this.paid }
    const voucher: BttSpeedMessage = {
      t: 'voucher',
      payer: accountBytes(payee),
      ...sums,
      signature: new Uint8Array(65),
    }
    this.me.receive(voucher)
  }

  #greet(): void {
    const prices = { askPerMiB: price, pricePerMiB: price }
    this.me.receive({ t: 'quote', ...prices, credit: 0n, expiresInSeconds: 600 })
    this.me.receive({ t: 'bid', number: 1, spendRatePerSecond: price * 64n, priceMaxPerMiB: price })
  }
}

test('a liar gets no more than the credit and the prepayment, whatever it says', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 120 }), (actions) => {
      const liar = new Liar()
      const { me } = liar
      let creditMax = 0n
      let before = 0n
      for (const action of actions) {
        liar.do(action)
        creditMax = maxBig(creditMax, me.market.credit)
        const accepted = me.newest?.cumulative ?? 0n
        const served = me.facts.billed + me.lost
        const got = blocks(liar.sent)
        expect(me.agreed).toBeGreaterThanOrEqual(before)
        before = me.agreed
        // S is above neither side's service.
        expect(me.agreed).toBeLessThanOrEqual(served)
        expect(me.agreed).toBeLessThanOrEqual(got)
        // As a buyer: at most what came, what was paid ahead, and the eighth of it that the network may lose.
        expect(me.spent + me.agreed).toBeLessThanOrEqual(got + got / 8n + prepayMax)
        // As a seller: at most the credit, on top of what was written off when it was lost.
        expect(me.facts.billed - accepted - me.agreed).toBeLessThanOrEqual(creditMax)
        expect(me.lost).toBeLessThanOrEqual(creditMax * BigInt(1 + me.market.writeOffs))
      }
    }),
    { numRuns: 300, interruptAfterTimeLimit: 8_000 },
  )
})
