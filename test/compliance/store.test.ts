import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openStorage } from '@millrace/disk'
import { createMemoryStore } from './memory-store.ts'
import { slotsMax, storeCompliance } from './store.ts'

storeCompliance('the disk', async (sample, events) => {
  const folder = await mkdtemp(path.join(tmpdir(), 'millrace-store-'))
  const files = [{ path: ['sample'], size: sample.totalSize, offset: 0, pad: false }]
  const memoryBytes = slotsMax * sample.pieceLength
  const store = await openStorage(
    { info: { ...sample, files }, infoHash: new Uint8Array(20).fill(1), folder, mode: 'leech', memoryBytes },
    { events },
  )
  return {
    store,
    close: async () => {
      await store.close()
      await rm(folder, { recursive: true })
    },
  }
})

storeCompliance('memory', async (sample, events) => ({
  store: createMemoryStore({ ...sample, slotsMax }, events),
  close: async () => {},
}))
