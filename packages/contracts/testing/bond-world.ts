/** A vault with its bonds on a real EVM. */

import { encodeDeployData } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { bondAbi, bondBytecode } from '../src/index.ts'
import { Contract, type Evm, testKey } from './evm.ts'
import { type SignedFields, VaultWorld } from './vault-world.ts'

export interface BondWorld {
  readonly evm: Evm
  readonly vault: VaultWorld
  readonly bond: Contract<typeof bondAbi>
  /** A voucher signed by its payer. */
  sign(payer: PrivateKeyAccount, payee: PrivateKeyAccount, terms: Terms): Promise<SignedFields>
}

/** What a voucher promises; `totalIssued` is the sum itself when absent. */
export interface Terms {
  readonly cumulative: bigint
  readonly seq: bigint
  readonly totalIssued?: bigint
}

export async function bondWorld(accounts: readonly PrivateKeyAccount[]): Promise<BondWorld> {
  const vault = await VaultWorld.create(accounts)
  const { evm } = vault
  const data = encodeDeployData({ abi: bondAbi, bytecode: bondBytecode, args: [vault.address] })
  const bond = new Contract(evm, bondAbi, await evm.deploy(accounts[0] ?? testKey(0), data))
  return {
    evm,
    vault,
    bond,
    sign: (payer, payee, { cumulative, seq, totalIssued = cumulative }) =>
      vault.sign(payer, { payer: payer.address, payee: payee.address, cumulative, seq, totalIssued }),
  }
}
