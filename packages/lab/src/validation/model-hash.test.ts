import { describe, expect, it } from 'vitest'
import { biddersOf, isModelSource, modelHash, shapesOf } from './model-hash.ts'

function file(path: string, text: string) {
  return { path, bytes: new TextEncoder().encode(text) }
}

const lab = file('packages/lab/src/trade.ts', 'a')
const market = file('packages/market/src/bid.ts', 'b')

describe('the hash of a model', () => {
  it('is that of the sources of lab, market and swarm, and of nothing else', () => {
    for (const name of ['lab', 'market', 'swarm']) expect(isModelSource(`packages/${name}/src/deep/er.ts`)).toBe(true)
    for (const path of [
      'packages/lab/src/trade.test.ts',
      'packages/lab/src/parse-scenario.fuzz.ts',
      'packages/market/testing/virtual-swarm.ts',
      'packages/node/src/index.ts',
      'packages/lab/package.json',
    ])
      expect(isModelSource(path), path).toBe(false)
  })

  it('changes with a byte or a name of a source, and with no test and no order', () => {
    const hash = modelHash([lab, market])
    expect(hash).toBe('d054297aaa298948b9c4a7fa9efdf6ff14c305f657eb9ea8608f03ce5f87b622')
    expect(modelHash([market, file('packages/market/src/bid.test.ts', 'c'), lab])).toBe(hash)
    expect(modelHash([lab, file('packages/market/src/bid.ts', 'B')])).not.toBe(hash)
    expect(modelHash([lab, file('packages/market/src/bids.ts', 'b')])).not.toBe(hash)
    // A byte may not wander from one file into the next.
    expect(modelHash([file('packages/lab/src/trade.ts', ''), market])).not.toBe(hash)
  })

  it('draws one shape with no market and two in which bids compete', () => {
    for (let i = 0; i < 300; i++) {
      const shapes = shapesOf(`hash ${i}`)
      expect(shapes.map(({ hasMarket }) => hasMarket)).toEqual([false, true, true])
      for (const shape of shapes.slice(1)) expect(biddersOf(shape), `seed ${shape.seed}`).toBeGreaterThanOrEqual(2)
      expect(shapesOf(`hash ${i}`)).toEqual(shapes)
    }
    expect(shapesOf('one').map(({ seed }) => seed)).not.toEqual(shapesOf('another').map(({ seed }) => seed))
  })
})
