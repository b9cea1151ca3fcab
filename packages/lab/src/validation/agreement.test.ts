import { describe, expect, it } from 'vitest'
import { agreementOf, agrees } from './agreement.ts'
import type { Completion } from './predict.ts'

function row(...downloads: number[]): Completion[] {
  return downloads.map((download) => ({ download, sinceStart: download + 1 }))
}

describe('agreement of the lab with real processes', () => {
  it('compares the median of the repetitions of each leecher', () => {
    const { leechers } = agreementOf([row(20, 40), row(90, 44), row(22, 36)], row(22, 44), 'download')
    expect(leechers).toEqual([
      { real: 22, realMin: 20, realMax: 90, lab: 22, error: 0 },
      { real: 40, realMin: 36, realMax: 44, lab: 44, error: 44 / 40 - 1 },
    ])
  })

  it('does not let one leecher that is too fast make up for one that is too slow', () => {
    const agreement = agreementOf([row(20, 20)], row(16, 24), 'download')
    expect(agreement.meanError).toBeCloseTo(0)
    expect(agreement.leecherError).toBeCloseTo(0.2)
    expect(agreement.worstError).toBeCloseTo(0.2)
    expect(agrees(agreement)).toBe(false)
  })

  it('is kept within a tenth, and broken by the last leecher alone', () => {
    expect(agrees(agreementOf([row(20, 40)], row(19, 43), 'download'))).toBe(true)
    expect(agrees(agreementOf([row(20, 20, 20, 20, 40)], row(20, 20, 20, 20, 45), 'download'))).toBe(false)
  })

  it('tells the times since the start apart from those since the first byte', () => {
    expect(agreementOf([row(19)], row(39), 'sinceStart').meanError).toBeCloseTo(1)
  })
})
