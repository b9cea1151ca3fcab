/** Validators of a test network: keys out of a seed, their genesis, and what each signs. */

import { type Random, toUtf8 } from '@millrace/base'
import { type Hex, keccak256, toBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { MilestoneSigner } from '../src/app/milestone.ts'
import { consensusKeyOf, ed25519Key } from '../src/consensus/cometbft/keys.ts'
import { defaultGenesis, genesisDigest, type ResolvedGenesis, resolveGenesis } from '../src/genesis/config.ts'
import { consensusAddress, type GenesisValidator } from '../src/genesis/validators.ts'

export interface TestValidator {
  readonly row: GenesisValidator
  readonly address: Hex
  readonly signer: MilestoneSigner
}

/** A validator with keys out of its name. */
export function testValidator(name: string, power = 10): TestValidator {
  const account = privateKeyToAccount(keccak256(toBytes(`milestone ${name}`)))
  const consensusKey = consensusKeyOf(ed25519Key(toBytes(keccak256(toUtf8(`consensus ${name}`)))))
  return {
    row: { name, consensusKey, signer: account.address.toLowerCase(), power },
    address: consensusAddress(consensusKey),
    signer: { sign: (hash) => account.sign({ hash }) },
  }
}

export const genesisSeconds = 1_700_000_000

export function testGenesis(validators: readonly TestValidator[]): ResolvedGenesis {
  const named = { ...defaultGenesis, timestamp: genesisSeconds, validators: validators.map(({ row }) => row) }
  return resolveGenesis({ ...named, extraData: genesisDigest(named) }, genesisSeconds, new Uint8Array(0))
}

/** One of `items`, by chance. */
export function oneOf<T>(random: Random, items: readonly T[]): T {
  if (items.length === 0) throw new RangeError('nothing to choose from')
  return items[random.below(items.length)] as T // below is below the length
}
