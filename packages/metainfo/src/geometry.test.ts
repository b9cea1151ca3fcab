import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { blockCount, blockSize, type FileSpan, fileSpans, pieceOffset, pieceSize, piecesOfFile } from './geometry.ts'
import type { FileEntry } from './info.ts'

function layout(sizes: readonly number[]): { files: FileEntry[]; totalSize: number } {
  let offset = 0
  const files = sizes.map((size, index) => {
    const entry = { path: [String(index)], size, offset, pad: false }
    offset += size
    return entry
  })
  return { files, totalSize: offset }
}

describe('pieces and blocks', () => {
  const info = { pieceLength: 40_000, pieceCount: 3, totalSize: 80_001 }

  it('are shorter at the end', () => {
    expect([0, 1, 2].map((piece) => pieceSize(info, piece))).toEqual([40_000, 40_000, 1])
    expect([0, 1, 2].map((piece) => blockCount(info, piece))).toEqual([3, 3, 1])
    expect([0, 1, 2].map((block) => blockSize(info, 1, block))).toEqual([16_384, 16_384, 7232])
    expect(blockSize(info, 2, 0)).toBe(1)
    expect(pieceOffset(info, 2)).toBe(80_000)
  })

  it('outside the torrent are a bug', () => {
    expect(() => pieceSize(info, 3)).toThrow('a piece below 3')
    expect(() => pieceSize(info, -1)).toThrow('a piece below 3')
    expect(() => blockSize(info, 2, 1)).toThrow('a block within its piece')
  })
})

describe('file spans', () => {
  const info = layout([0, 5, 0, 0, 3, 10, 0])

  it('skip files without bytes', () => {
    expect([...fileSpans(info, 0, 18)]).toEqual([
      { fileIndex: 1, fileOffset: 0, length: 5 },
      { fileIndex: 4, fileOffset: 0, length: 3 },
      { fileIndex: 5, fileOffset: 0, length: 10 },
    ])
    expect([...fileSpans(info, 5, 1)]).toEqual([{ fileIndex: 4, fileOffset: 0, length: 1 }])
    expect([...fileSpans(info, 18, 0)]).toEqual([])
    expect(() => [...fileSpans(info, 0, 19)]).toThrow('a range within the torrent')
  })

  it('cover any range exactly once and in order', () => {
    const sizes = fc.array(fc.nat(20), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(sizes, fc.nat(), fc.nat(), (list, a, b) => {
        const { files, totalSize } = layout(list)
        const offset = a % (totalSize + 1)
        const length = b % (totalSize - offset + 1)
        let at = offset
        for (const { fileIndex, fileOffset, length: part } of fileSpans({ files, totalSize }, offset, length)) {
          const file: FileEntry | undefined = files[fileIndex]
          expect(part).toBeGreaterThan(0)
          expect((file?.offset ?? -1) + fileOffset).toBe(at)
          expect(fileOffset + part).toBeLessThanOrEqual(file?.size ?? -1)
          at += part satisfies FileSpan['length']
        }
        expect(at).toBe(offset + length)
      }),
    )
  })

  it('tell the pieces of a file', () => {
    const torrent = { ...info, pieceLength: 4 }
    expect([1, 4, 5, 6].map((index) => piecesOfFile(torrent, index))).toEqual([
      { first: 0, last: 1 },
      { first: 1, last: 1 },
      { first: 2, last: 4 },
      undefined,
    ])
  })
})
