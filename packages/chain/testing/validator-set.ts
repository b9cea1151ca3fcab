/** Validators of a test network: keys out of a seed, their genesis, and what each signs. */

import { type Random, toUtf8 } from '@millrace/base'
import { type Hex, keccak256, toBytes } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { MilestoneSigner } from '../src/app/milestone.ts'
import { consensusKeyOf, ed25519Key } from '../src/consensus/cometbft/keys.ts'
import { defaultGenesis, type ResolvedGenesis, resolveGenesis } from '../src/genesis/config.ts'
import type { GenesisStaking, GenesisValidator } from '../src/genesis/staking.ts'
import { consensusAddress, type Validator } from '../src/genesis/validators.ts'

export interface TestValidator {
  readonly row: GenesisValidator
  /** As consensus knows it. */
  readonly validator: Validator
  readonly address: Hex
  readonly signer: MilestoneSigner
}

/** A validator with keys out of its name, and as many BTT of stake as it has power. */
export function testValidator(name: string, power = 10): TestValidator {
  const account = privateKeyToAccount(keccak256(toBytes(`milestone ${name}`)))
  const consensusKey = consensusKeyOf(ed25519Key(toBytes(keccak256(toUtf8(`consensus ${name}`)))))
  const signer = account.address.toLowerCase() as Hex // an address of viem
  const operator = privateKeyToAccount(keccak256(toBytes(`operator ${name}`))).address
  const commission = { commissionBps: 500, commissionMostBps: 2_000, commissionStepBps: 100 }
  return {
    row: { operator, consensusKey, signer, stake: `${power}`, ...commission },
    validator: { consensusKey, signer, power },
    address: consensusAddress(consensusKey),
    signer: { sign: (hash) => account.sign({ hash }) },
  }
}

export const genesisSeconds = 1_700_000_000

/** One BTT is enough to stand for election, and epochs are short. */
export function testGenesis(
  validators: readonly TestValidator[],
  parameters: GenesisStaking['parameters'] = {},
): ResolvedGenesis {
  const small = { selfStakeMin: `${10n ** 18n}`, epochBlocks: '10', ...parameters }
  const staking = { parameters: small, validators: validators.map(({ row }) => row) }
  return resolveGenesis({ ...defaultGenesis, timestamp: genesisSeconds, staking }, genesisSeconds, new Uint8Array(0))
}

/** One of `items`, by chance. */
export function oneOf<T>(random: Random, items: readonly T[]): T {
  if (items.length === 0) throw new RangeError('nothing to choose from')
  return items[random.below(items.length)] as T // below is below the length
}
