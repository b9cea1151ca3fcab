/** The chain's bytes: tables of hex keys, written one whole batch at a time. Port and in-memory implementation. */

import { ChainError } from '../errors.ts'

/** `node`: trie nodes and code by hash. `header`, `body`, `receipt`: by number. `block`, `transaction`: places by hash.
 * `milestone`: validators' signatures under a block, by its number. */
export const tableNames = ['node', 'header', 'body', 'receipt', 'block', 'transaction', 'milestone', 'meta'] as const
export type TableName = (typeof tableNames)[number]

export interface Put {
  readonly table: TableName
  /** Hex, no prefix. */
  readonly key: string
  readonly value: Uint8Array
}

export interface ChainStore {
  get(table: TableName, key: string): Uint8Array | undefined
  /**
   * Writes all puts or none, durably, if `head` is still what the caller built on (hex; undefined = nothing yet).
   *
   * @throws ChainError store-conflict when another process has moved the head; store-failed when the disk refuses
   */
  write(puts: readonly Put[], head: string | undefined): Promise<void>
  /** From now on reads see all that other threads have written. */
  refresh?(): void
  close(): Promise<void>
}

/** The meta key under which the head's hash stands. */
export const headKey = '68656164' // "head"
/** The meta key of the first whole block above 0, as `numberKey` writes it. Absent: block 1. */
export const baseKey = '62617365' // "base"

/** Everything in maps: gone with the process. */
export function memoryStore(): ChainStore {
  const tables = new Map<TableName, Map<string, Uint8Array>>(tableNames.map((name) => [name, new Map()]))
  const table = (name: TableName) => tables.get(name) ?? new Map<string, Uint8Array>()
  return {
    get: (name, key) => table(name).get(key),
    async write(puts, head) {
      checkHead(table('meta').get(headKey), head)
      for (const put of puts) table(put.table).set(put.key, put.value)
    },
    async close() {},
  }
}

/** The store as it would read with `puts` in it: for looking, not for writing. */
export function withPuts(store: ChainStore, puts: readonly Put[]): ChainStore {
  const written = new Map(puts.map(({ table, key, value }) => [`${table} ${key}`, value]))
  return { ...store, get: (table, key) => written.get(`${table} ${key}`) ?? store.get(table, key) }
}

/** Refuses a batch that was built on another head than the stored one. */
export function checkHead(stored: Uint8Array | undefined, expected: string | undefined): void {
  const found = stored === undefined ? undefined : Buffer.from(stored).toString('hex')
  if (found === expected) return
  const message = `the chain's folder has head ${found}, expected ${expected}: another process writes to it, end one`
  throw new ChainError('store-conflict', message)
}
