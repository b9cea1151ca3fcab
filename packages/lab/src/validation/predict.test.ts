import { describe, expect, it } from 'vitest'
import { runScenario } from '../swarm-run.ts'
import { predictShape, scenarioOfShape } from './predict.ts'
import { drawShape } from './shape.ts'

describe('what the lab says of a shape', () => {
  it('is the same each time', () => {
    const shape = drawShape(11, true)
    expect(predictShape(shape, 3)).toEqual(predictShape(shape, 3))
  })

  it('is a time for each leecher, no shorter than its lines allow', () => {
    for (const seed of [1, 2, 3]) {
      const shape = drawShape(seed, false)
      const comers = shape.peers.filter(({ has }) => has === 'nothing')
      const completions = predictShape(shape, 3)
      expect(completions.length).toBe(comers.length)
      for (const [i, { download, sinceStart }] of completions.entries()) {
        const line = comers[i]?.downloadBytesPerSecond ?? 0
        // Up to a quarter second of the line is on its way when the first block is here.
        expect(download).toBeGreaterThanOrEqual(shape.contentBytes / line - 0.25)
        expect(sinceStart).toBeGreaterThanOrEqual(download)
      }
    }
  })

  it('follows the bids: who pays is done sooner in the market than without one', () => {
    const shape = drawShape(17, true)
    const unpaid = { ...shape, peers: shape.peers.map((peer) => ({ ...peer, bid: 0 })) }
    const comers = shape.peers.filter(({ has }) => has === 'nothing')
    const [paid, free] = [predictShape(shape, 3), predictShape(unpaid, 3)]
    const payers = comers.flatMap(({ bid }, i) => (bid > 0 ? [i] : []))
    expect(payers.length).toBeGreaterThan(0)
    for (const i of payers) expect(paid[i]?.download).toBeLessThan(free[i]?.download ?? 0)
  })

  it('lets peers leave when they are done, or seed to the end', () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const shape = drawShape(seed, false)
      const { peers } = runScenario(scenarioOfShape(shape, 1))
      const left = peers.filter(({ leftSecond }) => leftSecond !== null).length
      const comers = shape.peers.filter(({ has }) => has === 'nothing').length
      expect(left).toBe(shape.leavesWhenDone ? comers : 0)
    }
  })
})
