/** The chain's store on a disk that fills up: a block is written whole or not at all, and nothing hangs. */

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { lmdbStore } from '../../packages/chain/src/store/lmdb.ts'
import { headKey } from '../../packages/chain/src/store/store.ts'
import { canUse } from '../support/skips.ts'
import { canMountDisks, fillDisk, mountDisk, unmountDisk } from '../support/small-disk.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-store-disk-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.runIf(canUse('a small disk', canMountDisks(), 'run as root, which may mount a tmpfs'))(
  'a full disk refuses a block whole and says so; with space the store goes on, and is closed either way',
  async () => {
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    expect(mountDisk(disk, '4m')).toBe(true)
    try {
      const store = lmdbStore(disk)
      let head = 0
      const put = async () => {
        const puts = ['a', 'b'].map((key) => ({
          table: 'node' as const,
          key: `${key}${head % 16}`.padEnd(4, '0'),
          value: new Uint8Array(100_000).fill(head),
        }))
        const hex = (value: number) => value.toString(16).padStart(2, '0')
        const record = { table: 'meta' as const, key: headKey, value: Uint8Array.of(head + 1) }
        await store.write([...puts, record], head === 0 ? undefined : hex(head))
        head++
      }
      await put()
      fillDisk(join(disk, 'filler'))
      const error = await put().catch((thrown: unknown) => thrown)
      expect(error).toMatchObject({
        code: 'disk-full',
        message: expect.stringContaining(`the disk of ${disk} is full`),
      })
      expect(store.get('meta', headKey)).toEqual(expect.objectContaining([1]))
      rmSync(join(disk, 'filler'))
      await put()
      await store.close()
      const again = lmdbStore(disk)
      expect(again.get('meta', headKey)).toEqual(expect.objectContaining([2]))
      expect(again.get('node', 'a100')?.[99_999]).toBe(1)
      fillDisk(join(disk, 'filler'))
      await expect(again.write([{ table: 'node', key: 'ff', value: new Uint8Array(100_000) }], '02')).rejects.toThrow()
      await again.close()
    } finally {
      unmountDisk(disk)
    }
  },
)
