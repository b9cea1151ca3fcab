import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { FileBookStore } from '@millrace/journal'
import { bookStoreCompliance, own } from './book-store.ts'
import { emptyNotes, MemoryBookStore } from './memory-book-store.ts'

bookStoreCompliance('files', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'millrace-books-'))
  const stores: FileBookStore[] = []
  const folderOf = (opening: number) => path.join(root, `${opening}`)
  return {
    // Each opening finds a copy of what the last left in its files, as after a kill: a close in order would flush.
    open: async () => {
      const folder = folderOf(stores.length)
      const isOurs = (file: string) => path.basename(file) !== 'lock'
      if (stores.length > 0) await cp(folderOf(stores.length - 1), folder, { recursive: true, filter: isOurs })
      const store = await FileBookStore.open({ folder, account: own, ledgerId: new Uint8Array(32).fill(7) })
      stores.push(store)
      return store
    },
    remove: async () => {
      for (const store of stores) await store.close()
      await rm(root, { recursive: true })
    },
  }
})

bookStoreCompliance('memory', async () => {
  const notes = emptyNotes()
  return { open: async () => new MemoryBookStore(own, notes), remove: async () => {} }
})
