/** Our genesis as geth's genesis.json, from which `geth init` makes the very same block 0. */

import { systemRandom } from '@millrace/base'
import { createCommon } from '../../common.ts'
import type { GenesisConfig, ResolvedGenesis } from '../../genesis/config.ts'
import { openGenesis } from '../../genesis/stored.ts'
import { hexOf, quantity } from '../../hex.ts'
import { lmdbStore } from '../../store/lmdb.ts'
import { memoryStore } from '../../store/store.ts'
import { embeddedEngine } from '../engine.ts'
import { keyBytes } from '../state/keys.ts'

/**
 * Accounts are written out with the code and the storage that running the system contracts' constructors gave.
 *
 * @throws ChainError bad-genesis
 * @example writeFileSync('geth.json', JSON.stringify(await gethGenesis(genesis)))
 */
export async function gethGenesis(genesis: ResolvedGenesis): Promise<Readonly<Record<string, unknown>>> {
  const engine = embeddedEngine({ common: createCommon(genesis.chainId), store: memoryStore(), genesis })
  const candidate = await engine.genesis(genesis)
  const { header } = candidate.block
  const state = engine.candidateState(candidate)
  const alloc: Record<string, unknown> = {}
  for (const [key, account] of candidate.changes?.accounts ?? []) {
    if (account === undefined) continue
    const address = hexOf(keyBytes(key))
    const code = await state.code(address)
    const slots = [...(candidate.changes?.slots.get(key) ?? [])].filter(([, value]) => value.length > 0)
    alloc[address] = {
      balance: quantity(account.balance),
      ...(account.nonce === 0n ? {} : { nonce: quantity(account.nonce) }),
      ...(code.length === 0 ? {} : { code: hexOf(code) }),
      ...(slots.length === 0 ? {} : { storage: Object.fromEntries(slots.map(storageEntry)) }),
    }
  }
  return {
    config: forks(genesis.chainId),
    nonce: '0x0',
    timestamp: quantity(header.timestamp),
    extraData: hexOf(header.extraData),
    gasLimit: quantity(header.gasLimit),
    difficulty: '0x0',
    mixHash: hexOf(header.mixHash),
    coinbase: header.coinbase.toString(),
    baseFeePerGas: quantity(header.baseFeePerGas ?? 0n),
    excessBlobGas: '0x0',
    blobGasUsed: '0x0',
    alloc,
  }
}

/**
 * The same of a chain's folder, whose genesis is made where there is none: what it leaves to chance is settled then for both.
 *
 * @throws ChainError bad-genesis, genesis-mismatch, store-failed, store-format
 */
export async function gethGenesisOf(
  dataFolder: string,
  asked?: GenesisConfig,
): Promise<Readonly<Record<string, unknown>>> {
  const store = lmdbStore(dataFolder)
  try {
    return await gethGenesis(
      await openGenesis(store, { asked, random: systemRandom, wallSeconds: () => Date.now() / 1000 }),
    )
  } finally {
    await store.close()
  }
}

function storageEntry([slot, value]: readonly [string, Uint8Array]): readonly [string, string] {
  return [hexOf(keyBytes(slot)), `0x${Buffer.from(value).toString('hex').padStart(64, '0')}`]
}

/** The forks of `common.ts` in geth's words: all up to Cancun from block 0. */
function forks(chainId: number): Readonly<Record<string, unknown>> {
  const names = ['homestead', 'eip150', 'eip155', 'eip158', 'byzantium', 'constantinople', 'petersburg', 'istanbul']
  const blocks = [...names, 'muirGlacier', 'berlin', 'london', 'arrowGlacier', 'grayGlacier', 'mergeNetsplit']
  return {
    chainId,
    ...Object.fromEntries(blocks.map((name) => [`${name}Block`, 0])),
    terminalTotalDifficulty: 0,
    shanghaiTime: 0,
    cancunTime: 0,
    blobSchedule: { cancun: { target: 3, max: 6, baseFeeUpdateFraction: 3_338_477 } },
  }
}
