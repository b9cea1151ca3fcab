import { bytesPerMiB, oneBtt } from '@millrace/base'
import { describe, expect, it } from 'vitest'
import { demoBytes, planScenario } from './scenario.ts'

describe('the scenario', () => {
  it('has one who does not pay and three who bid 1 : 2 : 4, each with an account of its own', () => {
    const { leechers, sellerAccount } = planScenario(demoBytes)
    expect(leechers.map(({ name, bid }) => [name, bid / oneBtt])).toEqual([
      ['free', 0n],
      ['1x', 10n],
      ['2x', 20n],
      ['4x', 40n],
    ])
    expect(new Set([sellerAccount, ...leechers.map(({ devAccount }) => devAccount)]).size).toBe(5)
  })

  it("limits a leecher's own upload to a tenth of its fair share", () => {
    const { leechers, uploadLimit } = planScenario(demoBytes, 4_000_000)
    expect(uploadLimit).toBe(4_000_000)
    expect(leechers.map((leecher) => leecher.uploadLimit)).toEqual(Array(4).fill(100_000))
  })

  it('makes a run of any content about as long, within what a machine carries', () => {
    expect(planScenario(demoBytes).uploadLimit).toBe(8 * bytesPerMiB)
    expect(planScenario(1).uploadLimit).toBe(bytesPerMiB / 2)
    expect(planScenario(1e12)).toMatchObject({ uploadLimit: 64 * bytesPerMiB, pieceLength: 4 * bytesPerMiB })
  })
})
