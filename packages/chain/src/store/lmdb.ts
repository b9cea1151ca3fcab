/** The chain's bytes on disk: one LMDB environment, one transaction a block. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@millrace/base'
import { type Database, open } from 'lmdb'
import { ChainError } from '../errors.ts'
import { type ChainStore, checkHead, headKey, type TableName, tableNames } from './store.ts'

/**
 * Opens or makes `folder`/chain.lmdb.
 *
 * @throws ChainError store-failed
 */
export function lmdbStore(folder: string): ChainStore {
  try {
    mkdirSync(folder, { recursive: true })
    const root = open({ path: join(folder, 'chain.lmdb'), noSubdir: true, maxDbs: tableNames.length + 1 })
    const tables = new Map<TableName, Database<Buffer, Buffer>>(
      tableNames.map((name) => [name, root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' })]),
    )
    const table = (name: TableName): Database<Buffer, Buffer> => {
      const found = tables.get(name)
      if (found === undefined) throw new TypeError(`no table ${name}`)
      return found
    }
    return {
      get: (name, key) => table(name).get(Buffer.from(key, 'hex')),
      async write(puts, head) {
        await guarded(folder, async () => {
          await root.transaction(() => {
            checkHead(table('meta').get(Buffer.from(headKey, 'hex')), head)
            for (const put of puts) table(put.table).put(Buffer.from(put.key, 'hex'), Buffer.from(put.value))
          })
          await root.flushed
        })
      },
      refresh: () => root.resetReadTxn(),
      close: () => root.close(),
    }
  } catch (thrown) {
    throw storeFailed(folder, thrown)
  }
}

async function guarded(folder: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (thrown) {
    throw thrown instanceof ChainError ? thrown : storeFailed(folder, thrown)
  }
}

function storeFailed(folder: string, cause: unknown): ChainError {
  const message = `the chain's data in ${folder} can't be used: ${messageOf(cause)}; check the disk and its permissions`
  return new ChainError('store-failed', message, { cause })
}
