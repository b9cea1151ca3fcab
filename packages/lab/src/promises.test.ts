import { describe, expect, it } from 'vitest'
import { capacity, serve, type Taker } from '../testing/one-seller.ts'
import { scaledDown } from '../testing/scaled-down.ts'
import { flashCrowd } from './scenarios/flash-crowd.ts'
import { runScenario } from './swarm-run.ts'

const freeShare = 0.15
const mib = 1_048_576

describe('the promises of the market, in a whole swarm in virtual time', () => {
  it('promise 1: under contention twice the spend is twice the paid bytes, within 2 %', () => {
    const { takers } = serve([{ spend: 2 }, { spend: 4 }, { spend: 8 }, {}])
    const [one, two, four, none] = takers.map(({ paid }) => paid)
    expect(one).toBeGreaterThan(0)
    expect((two ?? 0) / (one ?? 1) / 2).toSatisfy((it: number) => it >= 0.98 && it <= 1.02)
    expect((four ?? 0) / (two ?? 1) / 2).toSatisfy((it: number) => it >= 0.98 && it <= 1.02)
    expect(none).toBe(0)
  })

  it.each<[string, Taker[]]>([
    ['one who does not pay', [{}]],
    ['many who do not pay', Array.from({ length: 20 }, () => ({}))],
    ['one who pays', [{ spend: 4 }]],
    ['payers alone', [{ spend: 1 }, { spend: 2 }, { spend: 4 }]],
    ['both', [{ spend: 1 }, { spend: 20 }, {}, {}, {}]],
    ['payers on slow lines and one who does not pay', [{ spend: 4, download: mib }, { spend: 4, download: mib }, {}]],
  ])('promise 2: with any demand at least 98 % of the capacity is used: $0', (_, takers) => {
    const { use } = serve(takers)
    expect(use).toBeGreaterThanOrEqual(0.98)
    expect(use).toBeLessThanOrEqual(1.001)
  })

  it('promise 3: those who do not pay have the free share to themselves, whatever is bid', () => {
    for (const spend of [4, 40, 4_000]) {
      const { takers, seconds } = serve([{ spend }, { spend }, {}, {}])
      const free = (takers[2]?.total ?? 0) + (takers[3]?.total ?? 0)
      expect(free / (capacity * seconds)).toBeGreaterThanOrEqual(freeShare * 0.995)
    }
  })

  it('promise 4: the total of a buyer never falls as its bid rises', () => {
    const others = [{ spend: 2 }, { spend: 1 }, {}, {}, {}]
    let before = 0
    for (const spend of [0, 0.25, 0.5, 1, 1.5, 2, 3, 4, 8, 16]) {
      const total = serve([{ spend }, ...others]).takers[0]?.total ?? 0
      // Half a percent for where the last blocks fall.
      expect(total, `a bid of ${spend}`).toBeGreaterThanOrEqual(before * 0.995)
      before = Math.max(before, total)
    }
  })

  it.each([
    ['one address group', 'group'],
    ['many', undefined],
  ])('promise 5: a buyer split in four has what it had, within 5 %, in $0', (_, group) => {
    const others = [{ spend: 4 }, {}, {}]
    const place = group === undefined ? {} : { group }
    const whole = serve([{ spend: 8, ...place }, ...others]).takers[0]?.total ?? 0
    const parts = serve([...Array.from({ length: 4 }, () => ({ spend: 2, ...place })), ...others]).takers.slice(0, 4)
    const split = parts.reduce((sum, { total }) => sum + total, 0)
    expect(split / whole).toSatisfy((it: number) => it >= 0.95 && it <= 1.05)
  })

  it('promise 6: who never uploads and never pays has its free share and no more', () => {
    const { takers, seconds } = serve([{ spend: 8 }, { spend: 8 }, {}, {}, {}])
    for (const { paid, total } of takers.slice(2)) {
      expect(paid).toBe(0)
      expect(total / (capacity * seconds)).toSatisfy(
        (it: number) => it >= (freeShare / 3) * 0.98 && it <= (freeShare / 3) * 1.02,
      )
    }
  })

  it('promise 8: no bill above the bid, the price or the bytes: no buyer ever refuses one', () => {
    const { billFaults } = serve([{ spend: 1 }, { spend: 2 }, { spend: 40 }, {}])
    expect(billFaults).toBe(0)
    const { peers } = runScenario(scaledDown(flashCrowd))
    expect(peers.map((peer) => peer.billFaults)).toEqual(peers.map(() => 0))
  })

  it('promise 9: what was deposited is in the vault or paid out, and every voucher is accounted for', () => {
    const { money, peers } = runScenario(scaledDown(flashCrowd))
    const amount = (text: string): bigint => BigInt(text)
    expect(amount(money.deposited)).toBe(amount(money.balance) + amount(money.paidOut))
    expect(amount(money.spent)).toBe(amount(money.accepted) + amount(money.refused) + amount(money.inFlight))
    expect(amount(money.spent)).toBeGreaterThan(0n)
    expect(amount(money.inFlight)).toBe(0n)
    const sum = (of: 'spent' | 'revenue' | 'cashed'): bigint => peers.reduce((all, it) => all + amount(it[of]), 0n)
    expect(sum('spent')).toBe(amount(money.spent))
    expect(sum('revenue')).toBe(amount(money.accepted))
    expect(sum('cashed')).toBe(amount(money.paidOut))
  })
})
