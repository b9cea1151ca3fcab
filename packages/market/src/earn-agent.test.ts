import { btt, oneBtt, seededRandom, zeroBtt } from '@millrace/base'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Backing, backedDemand, budgetBitsOf, freeDeposit } from './backed-demand.ts'
import { chooseTorrents, type EarnCandidate, type EarnTerms, holdSecondsDefault } from './earn-agent.ts'
import { emptyEarnRecord, noteEarned } from './earn-record.ts'
import { type Demand, expectedIncome, type OwnOffer, type Rival } from './expected-income.ts'

const mib = 1 << 20
const gib = 1 << 30
const offer: OwnOffer = { askPerMiB: oneBtt, paidBytesPerSecond: 4 * mib, horizonSeconds: 3_600 }
const terms: EarnTerms = {
  diskBytes: 10 * gib,
  offer,
  explorePpm: 100_000,
  torrentsMax: 16,
  holdSeconds: holdSecondsDefault,
}

function wants(rateMiB: number, cap = 2, budget = 1_000_000): Demand {
  const [priceMaxPerMiB, all] = [btt(BigInt(cap) * oneBtt), btt(BigInt(budget) * oneBtt)]
  return { wantedBytesPerSecond: rateMiB * mib, priceMaxPerMiB, budget: all }
}

function candidate(torrent: string, over: Partial<EarnCandidate> = {}): EarnCandidate {
  return {
    torrent,
    sizeBytes: 6 * gib,
    place: 'absent',
    heldSeconds: 0,
    seeders: 0,
    leechers: 0,
    demands: [],
    rivals: [],
    record: emptyEarnRecord,
    ...over,
  }
}

function actions(candidates: readonly EarnCandidate[], over: Partial<EarnTerms> = {}): Record<string, string> {
  const choices = chooseTorrents(candidates, { ...terms, ...over })
  return Object.fromEntries(choices.map(({ torrent, action, reason }) => [torrent, `${action} ${reason.code}`]))
}

const backed: Rival = { askPerMiB: oneBtt, isBacked: true }

describe('expected income', () => {
  it('is what buyers want at the ask while that fits', () => {
    expect(expectedIncome([wants(1), wants(2, 5)], [], offer)).toEqual({
      income: 3n * 3_600n * oneBtt,
      soldBytes: 3 * 3_600 * mib,
      pricePerMiB: oneBtt,
      buyers: 2,
      rivals: 0,
    })
  })

  it('rises to the price at which no more is wanted than there is', () => {
    const { income, pricePerMiB, soldBytes } = expectedIncome([wants(4, 2), wants(4, 5)], [], offer)
    expect(soldBytes).toBe(4 * 3_600 * mib)
    expect(pricePerMiB).toBe(2n * oneBtt)
    expect(income).toBe(2n * 4n * 3_600n * oneBtt)
  })

  it('ends with the budgets, and is 0 below the ask', () => {
    expect(expectedIncome([wants(1, 2, 10)], [], offer).income).toBe(10n * oneBtt)
    expect(expectedIncome([wants(1, 2)], [], { ...offer, askPerMiB: btt(3n * oneBtt) })).toMatchObject({
      income: 0n,
      buyers: 0,
    })
  })

  it('is shared with rivals that buyers would pay; invented ones count as one', () => {
    const alone = expectedIncome([wants(1)], [], offer).income
    expect(expectedIncome([wants(1)], [backed, backed, backed], offer).income).toBe(alone / 4n)
    expect(expectedIncome([wants(1)], [{ askPerMiB: btt(9n * oneBtt), isBacked: true }], offer).income).toBe(alone)
    const crowd = Array.from({ length: 500 }, () => ({ askPerMiB: zeroBtt, isBacked: false }))
    expect(expectedIncome([wants(1)], crowd, offer).income).toBe(alone / 2n)
  })

  const demand = fc.record({
    wantedBytesPerSecond: fc.integer({ min: 0, max: 100 * mib }),
    priceMaxPerMiB: fc.bigInt(0n, 100n * oneBtt).map(btt),
    budget: fc.bigInt(0n, 10_000_000n * oneBtt).map(btt),
  })
  const rival = fc.record({ askPerMiB: fc.bigInt(0n, 20n * oneBtt).map(btt), isBacked: fc.boolean() })

  it('never falls as a buyer comes, never rises as a seller comes, and never passes budgets or upload', () => {
    fc.assert(
      fc.property(
        fc.array(demand, { maxLength: 12 }),
        fc.array(rival, { maxLength: 6 }),
        demand,
        rival,
        (all, others, more, seller) => {
          const now = expectedIncome(all, others, offer)
          // One byte at most is lost to rounding for each buyer.
          const slack = (BigInt(all.length + 1) * now.pricePerMiB) / BigInt(mib) + 1n
          expect(expectedIncome([...all, more], others, offer).income + slack).toBeGreaterThanOrEqual(now.income)
          expect(expectedIncome(all, [...others, seller], offer).income).toBeLessThanOrEqual(now.income + slack)
          expect(now.income).toBeLessThanOrEqual(all.reduce((sum, { budget }) => sum + budget, 0n))
          expect(now.soldBytes).toBeLessThanOrEqual(4 * 3_600 * mib)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('stated demand', () => {
  const stated = (account: string, torrent: string, budgetBits: number) => ({
    ...{ account, torrent, budgetBits },
    wantedBytesPerSecond: mib,
    priceMaxPerMiB: oneBtt,
  })
  const deposit = (deposited: bigint): Backing => ({
    ...{ deposited: btt(deposited), withdrawn: zeroBtt, planned: zeroBtt, paidOut: zeroBtt },
  })

  it('counts nothing without a deposit, and up to the deposit with one', () => {
    const backing = new Map([
      ['rich', deposit(1n << 70n)],
      ['poor', deposit(100n)],
    ])
    const demands = backedDemand(
      [stated('rich', 'a', 60), stated('poor', 'a', 60), stated('unknown', 'a', 60)],
      (account) => backing.get(account),
    )
    expect(demands.get('a')?.map(({ budget }) => budget)).toEqual([1n << 60n, 100n])
  })

  it('of one deposit counts once, however many torrents it is stated in', () => {
    const everywhere = Array.from({ length: 64 }, (_, i) => stated('loud', `t${i}`, 60))
    const demands = backedDemand(everywhere, () => deposit(6_400n))
    const budgets = [...demands.values()].flat().map(({ budget }) => budget)
    expect(budgets).toHaveLength(64)
    expect(budgets.every((budget) => budget === 100n)).toBe(true)
  })

  it('does not count what is to be withdrawn or was paid out', () => {
    const backing = { deposited: btt(10n), withdrawn: btt(1n), planned: btt(5n), paidOut: btt(3n) }
    expect(freeDeposit(backing)).toBe(1n)
    expect(freeDeposit({ ...backing, planned: btt(9n) })).toBe(0n)
  })

  it('names a budget by its highest bit', () => {
    expect([1n, 2n, 3n, 1024n].map((budget) => budgetBitsOf(btt(budget)))).toEqual([0, 1, 1, 10])
  })
})

describe('the agent', () => {
  it('fetches what is in demand and leaves what is not', () => {
    expect(actions([candidate('a', { demands: [wants(1)] }), candidate('b')])).toEqual({
      a: 'fetch demand',
      b: 'leave no-demand',
    })
  })

  it('follows demand that grows tenfold: demand calls supply', () => {
    const rate = fc.integer({ min: 1, max: 400 })
    fc.assert(
      fc.property(fc.array(rate, { minLength: 1, maxLength: 8 }), fc.nat(), (kibs, pick) => {
        // One fits the disk at a time; what is held has been for long.
        const at = (i: number, kib: number) => candidate(`t${i}`, { demands: [wants(kib / 1024)] })
        const chosen = kibs.map((kib, i) => (i === pick % kibs.length ? Math.max(...kibs) * 10 : kib))
        const held = kibs.indexOf(Math.max(...kibs))
        const all = chosen.map((kib, i) =>
          i === held ? { ...at(i, kib), place: 'held' as const, heldSeconds: 9_999 } : at(i, kib),
        )
        const busy = chooseTorrents(all, { ...terms, explorePpm: 0 }).filter(({ action }) => /seed|fetch/.test(action))
        expect(busy.map(({ torrent }) => torrent)).toEqual([`t${pick % kibs.length}`])
      }),
    )
  })

  it('does not flap: of two alike, under noise of a tenth, it stays with the first it took', () => {
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed)
      let held: string | undefined
      let changes = 0
      for (let round = 0; round < 200; round++) {
        const demands = () => [wants((900 + random.below(201)) / 1_000)]
        const all = ['a', 'b'].map((name) =>
          candidate(name, { demands: demands(), ...(name === held ? { place: 'held', heldSeconds: 60 * round } : {}) }),
        )
        const taken = chooseTorrents(all, terms).find(({ action }) => action === 'seed' || action === 'fetch')?.torrent
        if (taken !== held) changes += 1
        held = taken
      }
      expect(changes, `seed ${seed}`).toBe(1)
    }
  })

  it('gives up what it holds for what is worth more, but not before its time', () => {
    const better = candidate('b', { demands: [wants(3)] })
    const held = (heldSeconds: number) => candidate('a', { demands: [wants(1)], place: 'held', heldSeconds })
    expect(actions([held(holdSecondsDefault - 1), better])).toEqual({ a: 'seed demand', b: 'leave no-room-on-disk' })
    const idle = candidate('a', { place: 'held', heldSeconds: 5 })
    expect(actions([idle, better])).toEqual({ a: 'seed young', b: 'leave no-room-on-disk' })
    expect(actions([held(holdSecondsDefault), better])).toEqual({ b: 'fetch demand', a: 'drop no-room-on-disk' })
  })

  it('keeps what nobody wants while there is room, and the own files of its owner always', () => {
    const idle = candidate('a', { place: 'held', heldSeconds: 9_999 })
    expect(actions([idle])).toEqual({ a: 'seed room-to-spare' })
    expect(actions([idle, candidate('b', { demands: [wants(1)] })])).toEqual({ b: 'fetch demand', a: 'drop no-demand' })
    const own = candidate('own', { place: 'own', sizeBytes: 100 * gib })
    expect(actions([own, candidate('b', { demands: [wants(1)] })])).toMatchObject({ own: 'seed room-to-spare' })
  })

  it('believes demand less that was stated and not paid before', () => {
    const record = { seconds: 1_200, expected: btt(1_200n * oneBtt), earned: zeroBtt }
    const [phantom] = chooseTorrents([candidate('a', { demands: [wants(1)], place: 'held', record })], terms)
    expect(phantom?.income).toBe((3_600n * oneBtt) / 3n)
    const paid = { ...record, earned: record.expected }
    const [honest] = chooseTorrents([candidate('a', { demands: [wants(1)], place: 'held', record: paid })], terms)
    expect(honest?.income).toBe(3_600n * oneBtt)
  })

  it('holds to what earns, beacons or not', () => {
    const record = { seconds: 1_200, expected: zeroBtt, earned: btt(600n * oneBtt) }
    const earning = candidate('a', { place: 'held', heldSeconds: 9_999, record })
    expect(actions([earning])).toEqual({ a: 'seed earns' })
  })

  it('explores within its part of the disk, where most leechers wait for each seeder', () => {
    const small = { sizeBytes: gib }
    const all = [
      candidate('few', { ...small, leechers: 4, seeders: 4 }),
      candidate('many', { ...small, leechers: 9, seeders: 1 }),
      candidate('large', { leechers: 99 }),
      candidate('dead', small),
    ]
    expect(actions(all)).toEqual({
      many: 'fetch exploring',
      few: 'leave no-demand',
      large: 'leave no-demand',
      dead: 'leave no-demand',
    })
    expect(actions(all, { explorePpm: 0 })).toMatchObject({ many: 'leave no-demand' })
  })

  it('says why not: caps, disk, upload, count', () => {
    const dear = candidate('dear', { demands: [wants(1, 0)] })
    expect(actions([dear])).toEqual({ dear: 'leave caps-below-ask' })
    const busy = candidate('busy', { sizeBytes: gib, demands: [wants(9, 9)] })
    const next = candidate('next', { sizeBytes: gib, demands: [wants(1, 1)] })
    expect(actions([busy, next])).toEqual({ busy: 'fetch demand', next: 'leave upload-used-up' })
    expect(actions([busy, next], { torrentsMax: 1 })).toMatchObject({ next: 'leave too-many-torrents' })
  })

  it('gives income a GiB of disk and of upload', () => {
    const [choice] = chooseTorrents([candidate('a', { demands: [wants(1)] })], terms)
    expect(choice?.perGiBDisk).toBe((3_600n * oneBtt) / 6n)
    expect(choice?.perGiBUpload).toBe(1_024n * oneBtt)
  })
})

describe('a record', () => {
  it('halves what is older than half an hour', () => {
    const half = noteEarned(emptyEarnRecord, { seconds: 1_000, expected: btt(10n), earned: btt(4n) })
    expect(noteEarned(half, { seconds: 1_000, expected: btt(10n), earned: btt(5n) })).toEqual({
      seconds: 1_000,
      expected: 10n,
      earned: 4n,
    })
  })
})
