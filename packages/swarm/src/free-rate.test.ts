import { seededRandom } from '@millrace/base'
import { expect, test } from 'vitest'
import { rechoke } from './choker.ts'
import { FreeRate } from './free-rate.ts'
import { RateMeter } from './rate-meter.ts'

const second = 1_000

/** A peer that sends `rate` bytes a second, of which it bills what `billed` says of the total of `lateMs` ago. */
class Giver {
  readonly meter = new RateMeter(0)
  readonly free = new FreeRate(0)
  readonly totals: number[] = []
  rate = 0
  billedPart: number
  lateSeconds: number

  constructor(rate: number, billedPart: number, lateSeconds = 1) {
    this.rate = rate
    this.billedPart = billedPart
    this.lateSeconds = lateSeconds
  }

  /** One second passes; what it gives for nothing a second. */
  pass(at: number): number {
    this.meter.add(this.rate, at * second)
    this.totals.push(this.meter.total)
    const billed = this.billedPart * (this.totals.at(-1 - this.lateSeconds) ?? 0)
    return this.free.bytesPerSecond(this.meter, billed, at * second)
  }

  run(seconds: number): number[] {
    return Array.from({ length: seconds }, (_, at) => this.pass(at + 1))
  }
}

test('who bills nothing gives all that it sends', () => {
  const giver = new Giver(1_000, 0)
  const rates = giver.run(20)
  expect(rates.at(-1)).toBe(giver.meter.bytesPerSecond(20 * second))
  expect(rates.at(-1)).toBeGreaterThan(900)
})

test('who bills every byte gives nothing, though its bills come after the bytes', () => {
  expect(new Giver(5_000_000, 1).run(30).slice(2)).toEqual(Array.from({ length: 28 }, () => 0))
})

test('who bills a part gives the rest', () => {
  const rate = new Giver(1_000, 0.75).run(60).at(-1) ?? 0
  expect(rate).toBeGreaterThan(200)
  expect(rate).toBeLessThan(320)
})

test('who bills too late is taken for a giver once, and never again', () => {
  const late = new Giver(1_000, 1, 8)
  const rates = late.run(60)
  expect(Math.max(...rates)).toBeGreaterThan(0)
  expect(rates.slice(20)).toEqual(Array.from({ length: 40 }, () => 0))
})

test('a leecher that sells at full speed does not win a slot from one that gives a little', () => {
  const givers = [new Giver(8_000_000, 1), new Giver(20_000, 0), new Giver(6_000_000, 1)]
  const rates = givers.map((giver) => giver.run(30).at(-1) ?? 0)
  const peers = rates.map((downloadRate, peer) => {
    return {
      peer,
      addressGroup: `${peer}`,
      interested: true,
      unchoked: false,
      downloadRate,
      turnBytes: 0,
      turnedAt: 0,
      snubbed: false,
    }
  })
  const view = {
    peers,
    slots: 2,
    seeding: false,
    now: 30 * second,
    optimistic: 2,
    turnEnded: new Map<string, number>(),
  }
  const { unchoked, optimistic } = rechoke(view, seededRandom(1))
  // The slot that is earned, and the optimistic one.
  expect([...unchoked]).toEqual([1, 2])
  expect(optimistic).toBe(2)
})
