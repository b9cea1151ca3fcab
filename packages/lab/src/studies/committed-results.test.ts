/** What docs/lab holds is what the code does, and keeps within the bounds that the page names. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { pageSweep } from '../sweep/page-sweep.ts'
import type { SweepResult } from '../sweep/sweep.ts'
import { runSweep } from '../sweep/sweep-pool.ts'
import { cellSummary, sweepJson, sweepMarkdown } from '../sweep/sweep-text.ts'
import { studies } from './catalogue.ts'
import { runStudy, type StudyResult, summaryOf } from './study.ts'
import { studyJson, studyMarkdown } from './study-text.ts'

const folder = new URL('../../../../docs/lab/', import.meta.url)
const page = readFileSync(new URL('../lab.md', folder), 'utf8')
/** Those that take seconds; with MILLRACE_LAB_ALL=1 each is run again. */
const quick = ['phantom', 'oracle-jump', 'switching', 'defaulter', 'posted-price']
const again = process.env.MILLRACE_LAB_ALL === '1' ? studies : studies.filter(({ name }) => quick.includes(name))
const againMs = 600_000

function committed(name: string): StudyResult {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8')) as StudyResult // written by studyJson
}

/** Of all seeds. */
function mean(result: StudyResult, arm: string, key: string): number {
  return summaryOf(result, arm, key)?.mean ?? Number.NaN
}

function most(result: StudyResult, arm: string, key: string): number {
  return summaryOf(result, arm, key)?.max ?? Number.NaN
}

function least(result: StudyResult, arm: string, key: string): number {
  return summaryOf(result, arm, key)?.min ?? Number.NaN
}

describe('committed results of the lab', () => {
  it.each(again)('$name is the same to the byte when its first seed runs again', { timeout: againMs }, (study) => {
    const kept = committed(study.name)
    const [seed = 1] = kept.seeds
    const first = Object.entries(kept.arms).map(([arm, values]) => {
      const ofSeed = Object.entries(values).map(([key, list]) => [key, list.slice(0, 1)] as const)
      return [arm, Object.fromEntries(ofSeed.filter(([, [value]]) => value !== null))] as const
    })
    const hint = `docs/lab/${study.name}.json is of other code: node scripts/lab-results.js writes it anew`
    expect(studyJson(runStudy(study, [seed])), hint).toBe(
      studyJson({ ...kept, seeds: [seed], arms: Object.fromEntries(first) }),
    )
  })

  it('hold every study with all its seeds, and nothing else', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
    for (const { name, seedsDefault, arms } of studies) {
      expect(existsSync(new URL(`${name}.json`, folder)), name).toBe(true)
      expect(committed(name).seeds, name).toHaveLength(seedsDefault)
      expect(Object.keys(committed(name).arms), name).toEqual(arms)
      expect(files).toContain(`${name}.json`)
    }
  })

  it.each(studies)('the page shows the table of $name as it was measured', ({ name }) => {
    const shown = page.split(`<!-- ${name} -->\n`)[1]?.split(`\n<!-- /${name} -->`)[0]
    expect(shown).toBe(studyMarkdown(committed(name)))
  })
})

describe('what an attacker gains, over all committed seeds', () => {
  it('BitThief is slower than its honest twin, and earns nothing where the twin earns', () => {
    const result = committed('bitthief')
    for (const arm of ['plain', 'market']) expect(mean(result, arm, 'gain'), arm).toBeLessThan(0)
    expect(least(result, 'market', 'twinEarns')).toBeGreaterThan(0)
  })

  it('BitTyrant gains next to no time on the mean in either world, and is poorer in the market', () => {
    const result = committed('bittyrant')
    for (const arm of ['one, plain', 'one, market']) expect(mean(result, arm, 'gain'), arm).toBeLessThan(5)
    expect(most(result, 'one, market', 'profit')).toBeLessThan(0)
  })

  it('a swarm of tyrants is slower on the mean than one of honest peers in plain BitTorrent; in the market as fast, and poorer', () => {
    const result = committed('bittyrant')
    expect(mean(result, 'all, plain', 'gain')).toBeLessThan(-2)
    expect(Math.abs(mean(result, 'all, market', 'gain'))).toBeLessThan(3)
    expect(most(result, 'all, market', 'profit')).toBeLessThan(0)
  })

  it('riders with a large view are sooner on the mean than who complies in plain BitTorrent, and later in the market from one in five on', () => {
    const result = committed('large-view')
    const gains = (world: string, parts: readonly number[]): number[] =>
      parts.map((part) => mean(result, `${part} % ${world}`, 'gain'))
    const parts = [20, 30, 40, 50, 60]
    expect(Math.min(...gains('plain', [10, ...parts]))).toBeGreaterThan(0)
    expect(Math.max(...gains('market', parts))).toBeLessThan(0)
    expect(gains('market', parts).reduce((sum, gain) => sum + gain) / parts.length).toBeLessThan(-5)
  })

  it('a buyer in up to eight parts has what it had, and so has a rider in any number in one address group', () => {
    const result = committed('sybil')
    const within = (arm: string, percent: number): void => {
      expect(least(result, arm, 'profit'), arm).toBeGreaterThan(-percent)
      expect(most(result, arm, 'profit'), arm).toBeLessThan(percent)
    }
    for (const arm of ['pays, one address group', 'pays, many groups'])
      for (const parts of [2, 4, 8]) within(`${arm}, ${parts}`, 0.2)
    for (const slots of ['slots for all', '8 slots'])
      for (const parts of [2, 4, 8, 16, 64]) within(`rides, one group, ${slots}, ${parts}`, 1)
  })

  it('a shill loses money, with each seed where buyers compete and on the mean where the line has room', () => {
    const result = committed('shill')
    for (const arm of ['busy, shill 1x', 'busy, shill 4x', 'slack, shill 1x'])
      expect(most(result, arm, 'profit'), arm).toBeLessThan(0)
    expect(mean(result, 'slack, shill 4x', 'profit')).toBeLessThan(0)
  })

  it('phantom bids move neither the price nor anybody, and take less than a trial a pair', () => {
    const result = committed('phantom')
    const [without, phantoms] = ['they bid nothing', 'they bid and never pay'] as const
    expect(most(result, phantoms, 'stolen')).toBeLessThanOrEqual(least(result, phantoms, 'bound'))
    for (const key of ['priceMean', 'phantomSeconds', 'payerSeconds']) {
      expect(mean(result, phantoms, key) / mean(result, without, key), key).toSatisfy(
        (it: number) => it > 0.99 && it < 1.01,
      )
    }
  })

  it('a defaulter takes at most its deposit from each seller but one, however much it signs', () => {
    const result = committed('defaulter')
    for (const arm of Object.keys(result.arms).slice(1)) {
      expect(most(result, arm, 'stolen'), arm).toBeLessThanOrEqual(least(result, arm, 'bound'))
      expect(most(result, arm, 'stolen'), arm).toBeGreaterThan(0)
    }
  })

  it('a defaulter gains by small sums as if nobody cashed, and with a bond only while that is smaller than the theft', () => {
    const result = committed('defaulter')
    const { arms } = result
    expect(arms['small sums, client’s rule']?.stolen).toEqual(arms['lies, cashed at the end']?.stolen)
    const [never, rule] = ['large sums, cashed at the end', 'large sums, client’s rule'] as const
    expect(mean(result, rule, 'stolen')).toBeLessThan(0.6 * mean(result, never, 'stolen'))
    expect(least(result, rule, 'profit')).toBeGreaterThan(0)
    expect(least(result, 'large sums, bond of 1 deposit', 'profit')).toBeGreaterThan(0)
    expect(most(result, 'large sums, bond of 5 deposits', 'profit')).toBeLessThan(0)
    for (const arm of ['large sums, bond of 1 deposit', 'large sums, bond of 5 deposits']) {
      expect(most(result, arm, 'provenSecond'), arm).toBeLessThanOrEqual(30)
    }
  })

  it('a seller in a cartel earns less than without it, and than who stays out', () => {
    const result = committed('price-fixing')
    for (const arm of ['1 of 4', '2 of 4', '3 of 4']) {
      expect(most(result, arm, 'memberIncome'), arm).toBeLessThan(least(result, arm, 'otherIncome'))
    }
    for (const arm of ['1 of 4', '2 of 4', '3 of 4']) expect(mean(result, arm, 'profit'), arm).toBeLessThan(0)
    // A complete one may gain a little by chance.
    expect(mean(result, '4 of 4', 'profit')).toBeLessThan(0)
  })

  it('no minority of feeds, no glitch and no silence moves an ask by more than the tolerance', () => {
    const result = committed('oracle-jump')
    const harmless = [
      'all well',
      'one of three says a tenth',
      'one of three says tenfold',
      'one lies, one is silent',
      'all say a tenth for 1 s',
      'all silent',
    ]
    for (const arm of harmless) {
      expect(most(result, arm, 'wrongSeconds'), arm).toBe(0)
      expect(most(result, arm, 'worstAsk'), arm).toBeLessThanOrEqual(1.02)
    }
  })

  it('a bid that goes on and off gets no more than what its money buys and a free peer has', () => {
    const result = committed('switching')
    for (const arm of Object.keys(result.arms)) expect(most(result, arm, 'bound'), arm).toBeLessThanOrEqual(100)
  })
})

describe('what the market does when the world moves, over all committed seeds', () => {
  it('an ask in dollars is never sold at what was never true, nor below itself, and is behind by no more than its rules allow', () => {
    const result = committed('volatility')
    for (const arm of Object.keys(result.arms)) {
      expect(most(result, arm, 'neverTrue'), arm).toBe(0)
      expect(most(result, arm, 'belowAsk'), arm).toBe(0)
      // Two questions and a jump that must be seen twice; or, in silence, age and hold.
      const behindMax = arm.endsWith('silent') ? 600 + 900 + 30 : 2 * 30 + 5
      expect(most(result, arm, 'behindSeconds'), arm).toBeLessThanOrEqual(behindMax)
    }
    expect(least(result, 'drifts, feeds silent', 'freeOnly')).toBeGreaterThan(30)
    expect(most(result, 'still', 'lastQuote')).toBe(0)
  })

  it('an ask in dollars keeps its worth where the token drifts, and sells less than one in BTT meanwhile', () => {
    const result = committed('volatility')
    expect(least(result, 'drifts', 'stableLow')).toBeGreaterThan(0.98 * 10.24)
    expect(least(result, 'drifts', 'stableLow')).toBeGreaterThan(most(result, 'drifts', 'fixedLow'))
    expect(most(result, 'drifts', 'stableIncome')).toBeLessThan(least(result, 'drifts', 'fixedIncome'))
  })

  it.each(['leaves', 'seeds for pay'])(
    '%s: a free share of a half is fairer, helps who pays nothing and slows who pays',
    (world) => {
      const result = committed('fairness-knob')
      const [none, half] = [`${world}, 0 %`, `${world}, 50 %`]
      expect(mean(result, half, 'jain')).toBeGreaterThan(mean(result, none, 'jain'))
      expect(mean(result, half, 'gini')).toBeLessThan(mean(result, none, 'gini'))
      expect(mean(result, half, 'freeSeconds')).toBeLessThan(mean(result, none, 'freeSeconds'))
      expect(mean(result, half, 'payerSeconds')).toBeGreaterThan(mean(result, none, 'payerSeconds'))
      expect(mean(result, half, 'welfare')).toBeLessThan(mean(result, none, 'welfare'))
    },
  )

  it('on a line that bids fill who pays nothing gets the free share, and nothing where there is none', () => {
    const result = committed('fairness-knob')
    for (const share of [0, 5, 10, 15, 20, 30, 40, 50]) {
      expect(Math.abs(mean(result, `full line, ${share} %`, 'freePart') - share), `${share} %`).toBeLessThan(0.5)
    }
  })

  it('sellers that come bring the price back, and more of them to a lower level; without them it stands at the cap', () => {
    const result = committed('supply-response')
    const [nobody, twenty, forty] = ['nobody can come', '20 can come, 5 min ahead', '40 can come, 5 min ahead']
    expect(least(result, nobody, 'priceLate')).toBeCloseTo(4)
    for (const arm of [twenty, forty]) {
      expect(mean(result, arm, 'priceLate'), arm).toBeLessThan((2 / 3) * mean(result, arm, 'pricePeak'))
      expect(least(result, arm, 'done'), arm).toBeGreaterThan(most(result, nobody, 'done'))
    }
    expect(mean(result, forty, 'priceLate')).toBeLessThan(mean(result, twenty, 'priceLate'))
    expect(mean(result, forty, 'seedsLate')).toBeGreaterThan(mean(result, twenty, 'seedsLate'))
  })
})

describe('the sweep of the page', () => {
  const kept: SweepResult = JSON.parse(readFileSync(new URL('sweep.json', folder), 'utf8')) // written by sweepJson

  it('is the same to the byte when it runs again; its first row alone by default', { timeout: againMs }, async () => {
    const isAll = process.env.MILLRACE_LAB_ALL === '1'
    const rows = isAll ? pageSweep.y.values : pageSweep.y.values.slice(0, 1)
    const seeds = isAll ? pageSweep.seeds : pageSweep.seeds.slice(0, 1)
    const again = await runSweep({ ...pageSweep, seeds, y: { ...pageSweep.y, values: rows } })
    const cells = kept.cells.slice(0, rows.length * pageSweep.x.values.length).map((cell) => {
      const values = Object.entries(cell.values).map(([key, list]) => [key, list.slice(0, seeds.length)] as const)
      return { ...cell, values: Object.fromEntries(values) }
    })
    const hint = 'docs/lab/sweep.json is of other code: node scripts/lab-results.js sweep writes it anew'
    expect(sweepJson(again), hint).toBe(sweepJson({ ...kept, seeds, y: { ...kept.y, values: rows }, cells }))
  })

  it('is whole, and its tables are on the page as they were measured', () => {
    expect([kept.x.values, kept.y.values, kept.seeds]).toEqual([
      pageSweep.x.values,
      pageSweep.y.values,
      pageSweep.seeds,
    ])
    expect(page.split('<!-- sweep -->\n')[1]?.split('\n<!-- /sweep -->')[0]).toBe(sweepMarkdown(kept))
  })

  it('riders cost the swarm more than any free share gives back', () => {
    const columns = kept.x.values.length
    const rowMeans = kept.y.values.map((_, row) =>
      kept.cells
        .slice(row * columns, (row + 1) * columns)
        .map((cell) => cellSummary(cell, 'weighted')?.mean ?? Number.NaN),
    )
    const [none = [], ...others] = rowMeans
    const most = others.at(-1) ?? []
    expect(Math.min(...most)).toBeGreaterThan(1.75 * Math.max(...none))
  })
})

describe('the table, over all committed seeds', () => {
  const result = committed('table')

  it('issued = held + staked + vaulted + locked + burned, each second', () => {
    for (const arm of Object.keys(result.arms).slice(2)) expect(most(result, arm, 'brokenSeconds'), arm).toBe(0)
  })

  it('an agent with a time to be done in pays less than a fixed bid, and no more than its budget', () => {
    for (const payer of ['payer 1x', 'payer 2x', 'payer 4x']) {
      const [agents, fixed] = ['market, agents', 'market, leaves'].map((arm) => mean(result, arm, `cost ${payer}`))
      expect(agents, payer).toBeLessThan(0.6 * (fixed ?? 0))
      // 160,000 BTT of 163,840 that all bytes cost at the ask.
      expect(most(result, 'market, agents, a tenth of the budget', `cost ${payer}`)).toBeLessThan(97.66)
    }
    expect(mean(result, 'market, agents', 'met payer 1x')).toBeGreaterThan(90)
  })

  it('speed follows the bid where there is one', () => {
    expect(mean(result, 'market, leaves', 'spendRank')).toBeGreaterThan(mean(result, 'plain, leaves', 'spendRank'))
    expect(least(result, 'market, leaves', 'spendRank')).toBeGreaterThan(0.5)
    expect(mean(result, 'market, leaves', 'payer 4x')).toBeLessThan(mean(result, 'plain, leaves', 'payer 4x'))
  })

  it('weighted by value the market is ahead of plain BitTorrent where all leave: with each seed by fixed bids, on the mean by agents', () => {
    const plain = result.arms['plain, leaves']?.weightedSeconds ?? []
    const fixed = result.arms['market, leaves']?.weightedSeconds ?? []
    expect(fixed).toHaveLength(plain.length)
    fixed.forEach((it, i) => {
      expect(it, `seed ${result.seeds[i]}`).toBeLessThan(plain[i] ?? 0)
    })
    const seconds = (arm: string): number => mean(result, arm, 'weightedSeconds')
    expect(seconds('market, agents') / seconds('plain, leaves')).toBeLessThan(0.9)
  })

  it('hardly any byte comes twice', () => {
    for (const arm of Object.keys(result.arms)) expect(most(result, arm, 'waste'), arm).toBeLessThan(2)
  })
})

describe('what others published, over all committed seeds', () => {
  it('plain BitTorrent clusters fast peers, rewards who gives and fills its uplinks, unless the seed is slow (Legout et al.)', () => {
    const result = committed('clustering')
    expect(least(result, 'fast seed', 'fastToFast')).toBeGreaterThan(1.3)
    expect(mean(result, 'fast seed', 'incentive')).toBeGreaterThan(1.3)
    expect(least(result, 'fast seed', 'use')).toBeGreaterThan(85)
    expect(mean(result, 'slow seed', 'fastToFast')).toBeLessThan(mean(result, 'fast seed', 'fastToFast'))
    expect(mean(result, 'slow seed', 'incentive')).toBeLessThan(mean(result, 'fast seed', 'incentive'))
  })

  it('a tyrant gains among plain clients and does not among those of PropShare (Levin et al.)', () => {
    const result = committed('prop-share')
    expect(mean(result, 'tyrant among plain', 'gain')).toBeGreaterThan(0)
    expect(mean(result, 'tyrant among PropShare', 'gain')).toBeLessThan(0)
  })

  it('a deficit rule is at least five times as fair as plain BitTorrent, and who gives much is faster by a third (Sherman et al.)', () => {
    const result = committed('fair-torrent')
    const times = (key: string): number => mean(result, 'plain', key) / mean(result, 'FairTorrent', key)
    expect(times('unfairness')).toBeGreaterThan(5)
    expect(times('highSeconds')).toBeGreaterThan(4 / 3)
  })

  it('at a posted price riders get nothing and cost nobody time, and paid seeds that stay save it (Sirivianos et al.)', () => {
    const result = committed('posted-price')
    const seconds = (arm: string): number => mean(result, arm, 'leecherSeconds')
    expect(most(result, 'posted, riders', 'riderBytes')).toBe(0)
    expect(seconds('posted') / seconds('plain')).toBeLessThan(1.2)
    expect(seconds('posted, riders') / seconds('posted')).toBeLessThan(1.05)
    expect(seconds('posted, paid seeds stay') / seconds('posted')).toBeLessThan(0.9)
  })

  it('weighted by value the market is ahead of each of them, and speed follows value in it alone', () => {
    const result = committed('mechanisms')
    for (const arm of Object.keys(result.arms).filter((name) => name !== 'market')) {
      for (const [key, sign] of [
        ['weightedSeconds', 1],
        ['spendRank', -1],
      ] as const) {
        expect(sign * mean(result, 'market', key), `${arm}, ${key}`).toBeLessThan(sign * mean(result, arm, key))
      }
    }
  })
})
