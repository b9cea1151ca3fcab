import { describe, expect, it } from 'vitest'
import { drawShape, type Shape, shapeFamily } from './shape.ts'

const seeds = Array.from({ length: 300 }, (_, i) => i * 7_919 + 1)
const kib = 1_024

function within(value: number, { min, max }: { readonly min: number; readonly max: number }): boolean {
  return value >= min && value <= max
}

function shapes(): Shape[] {
  return seeds.flatMap((seed) => [drawShape(seed, false), drawShape(seed, true)])
}

describe('shapes that a seed draws', () => {
  it('are the same for the same seed, and differ between seeds', () => {
    for (const seed of seeds) expect(drawShape(seed, true)).toEqual(drawShape(seed, true))
    expect(new Set(shapes().map((shape) => JSON.stringify(shape))).size).toBe(2 * seeds.length)
  })

  it('stay within their family', () => {
    for (const shape of shapes()) {
      const first = shape.peers.filter(({ has }) => has === 'all')
      const comers = shape.peers.filter(({ has }) => has === 'nothing')
      expect(within(first.length, shapeFamily.seeds)).toBe(true)
      expect(within(comers.length, shapeFamily.leechers)).toBe(true)
      for (const peer of shape.peers) {
        const uploads = peer.has === 'all' ? shapeFamily.seedUploadKiB : shapeFamily.leecherUploadKiB
        expect(within(peer.uploadBytesPerSecond / kib, uploads)).toBe(true)
        expect(within(peer.downloadBytesPerSecond / kib, shapeFamily.downloadKiB)).toBe(true)
      }
      expect(shape.contentBytes % shape.pieceBytes).toBe(0)
    }
  })

  it('leave the lines and not the machine to be the limit: at most 4 MiB a second in all', () => {
    for (const { peers } of shapes()) {
      const upload = peers.reduce((sum, { uploadBytesPerSecond }) => sum + uploadBytesPerSecond, 0)
      expect(upload).toBeLessThanOrEqual(4 * 1_024 * kib)
    }
  })

  it('let each leecher come well after the one before', () => {
    for (const { peers } of shapes()) {
      const times = peers.filter(({ has }) => has === 'nothing').map(({ arriveSecond }) => arriveSecond)
      expect(times[0]).toBe(shapeFamily.firstSecond)
      for (const [i, time] of times.entries()) {
        if (i > 0) expect(time - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(shapeFamily.crowdGapSeconds.min - 1e-9)
      }
    }
  })

  it('have buyers and sellers with a market, and neither without', () => {
    for (const seed of seeds) {
      const { peers } = drawShape(seed, true)
      expect(peers.filter(({ has }) => has === 'all').every(({ sells }) => sells)).toBe(true)
      expect(peers.some(({ bid }) => bid > 0)).toBe(true)
      expect(peers.some(({ bid, sells }) => bid > 0 && sells)).toBe(false)
      expect(drawShape(seed, false).peers.some(({ bid, sells }) => bid > 0 || sells)).toBe(false)
    }
  })
})
