/** The chain's bytes on disk: one LMDB environment, one transaction a block. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { messageOf } from '@millrace/base'
import { type Database, open } from 'lmdb'
import { spaceFault } from '../disk-space.ts'
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
    // A batch of the event turn has a promise of its own that nobody can take: where the disk fails it would end the process.
    const batching = { eventTurnBatching: false }
    const root = open({ path: join(folder, 'chain.lmdb'), noSubdir: true, maxDbs: tableNames.length + 1, ...batching })
    const tables = new Map<TableName, Database<Buffer, Buffer>>(
      tableNames.map((name) => [name, root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' })]),
    )
    const table = (name: TableName): Database<Buffer, Buffer> => {
      const found = tables.get(name)
      if (found === undefined) throw new TypeError(`no table ${name}`)
      return found
    }
    let hasFailed = false
    return {
      get: (name, key) => table(name).get(Buffer.from(key, 'hex')),
      async write(puts, head) {
        try {
          await root.transaction(() => {
            checkHead(table('meta').get(Buffer.from(headKey, 'hex')), head)
            for (const put of puts) table(put.table).put(Buffer.from(put.key, 'hex'), Buffer.from(put.value))
          })
          await root.flushed
        } catch (thrown) {
          if (thrown instanceof ChainError) throw thrown
          hasFailed = true
          throw await writeFault(folder, thrown)
        }
        hasFailed = false
      },
      refresh: () => root.resetReadTxn(),
      async close() {
        const closed = root.close()
        if (!hasFailed) return closed
        // After a commit that failed it waits for ever for that; what was committed before is safe without.
        closed.catch(() => undefined)
      },
    }
  } catch (thrown) {
    throw storeFailed(folder, thrown)
  }
}

async function writeFault(folder: string, thrown: unknown): Promise<ChainError> {
  const cause = await commitCause(thrown)
  return (await spaceFault([folder], cause)) ?? storeFailed(folder, cause)
}

/** LMDB says only that a commit failed; why is in a promise beside, which would end the process if nobody took it. */
function commitCause(thrown: unknown): Promise<unknown> {
  const reason: unknown = Reflect.get(Object(thrown), 'commitError')
  if (!(reason instanceof Promise)) return Promise.resolve(thrown)
  return reason.then(
    () => thrown,
    (cause: unknown) => cause,
  )
}

function storeFailed(folder: string, cause: unknown): ChainError {
  const message = `the chain's data in ${folder} can't be used: ${messageOf(cause)}; check the disk and its permissions`
  return new ChainError('store-failed', message, { cause })
}
