/** The genesis as the store keeps it: filled, and the same for ever. */

import { type Random, toUtf8 } from '@millrace/base'
import { ChainError } from '../errors.ts'
import type { ChainStore } from '../store/store.ts'
import { canonicalJson } from './canonical-json.ts'
import { defaultGenesis, type GenesisConfig, type ResolvedGenesis, resolveGenesis, sameGenesis } from './config.ts'

/** "genesis" and "format" in hex. */
const genesisKey = '67656e65736973'
const formatKey = '666f726d6174'
const storeFormat = 'millrace-chain-1'
const saltBytes = 16

export interface GenesisOptions {
  /** Must be the folder's own, if it has one. Absent: the folder's, or `defaultGenesis`. */
  readonly asked: GenesisConfig | undefined
  readonly random: Random
  readonly wallSeconds: () => number
}

/**
 * The genesis that the store holds, or `asked`, stored from then on.
 *
 * @throws ChainError bad-genesis, genesis-mismatch, store-format
 */
export async function openGenesis(
  store: ChainStore,
  { asked, random, wallSeconds }: GenesisOptions,
): Promise<ResolvedGenesis> {
  const format = store.get('meta', formatKey)
  const stored = store.get('meta', genesisKey)
  if (format === undefined || stored === undefined) {
    // A second back, so that block 1, which follows at once, is not ahead of the clock.
    const secondAgo = Math.floor(wallSeconds()) - 1
    const fresh = resolveGenesis(asked ?? defaultGenesis, secondAgo, random.bytes(saltBytes))
    if (fresh.timestamp > secondAgo) {
      const message = `genesis: timestamp ${fresh.timestamp} is not past; expected at most ${secondAgo}: mend the genesis or this machine's clock`
      throw new ChainError('bad-genesis', message)
    }
    const puts = [
      { table: 'meta' as const, key: formatKey, value: toUtf8(storeFormat) },
      { table: 'meta' as const, key: genesisKey, value: toUtf8(canonicalJson(fresh)) },
    ]
    await store.write(puts, undefined)
    return fresh
  }
  const found = Buffer.from(format).toString()
  if (found !== storeFormat) {
    const message = `the chain's folder has format ${found}, expected ${storeFormat}: use the version that wrote it`
    throw new ChainError('store-format', message)
  }
  const genesis = JSON.parse(Buffer.from(stored).toString()) as ResolvedGenesis // written by the branch above
  if (asked !== undefined && !sameGenesis(genesis, asked)) {
    const message = 'the folder holds a chain of another genesis: expected the same file, or choose another folder'
    throw new ChainError('genesis-mismatch', message)
  }
  return genesis
}
