/** A vault on a real EVM, and vouchers for it. */

import {
  encodeDeployData,
  type Hex,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
} from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { vaultAbi, vaultBytecode } from '../src/index.ts'
import { Contract, chainId, Evm, testKey } from './evm.ts'

export const genesisHash: Hex = `0x${'9a'.repeat(32)}`
export const delaySeconds = 3_600n

export interface VoucherFields {
  readonly payer: Hex
  readonly payee: Hex
  readonly cumulative: bigint
  readonly seq: bigint
  readonly totalIssued: bigint
}

export interface SignedFields extends VoucherFields {
  readonly r: Hex
  readonly vs: Hex
}

export class VaultWorld extends Contract<typeof vaultAbi> {
  static async create(accounts: readonly PrivateKeyAccount[]): Promise<VaultWorld> {
    const evm = await Evm.create(accounts)
    const data = encodeDeployData({ abi: vaultAbi, bytecode: vaultBytecode, args: [genesisHash, delaySeconds] })
    return new VaultWorld(evm, vaultAbi, await evm.deploy(accounts[0] ?? testKey(0), data))
  }

  get vault(): Hex {
    return this.address
  }

  /** Books of one key. */
  async books(key: Hex) {
    const [deposited, withdrawn, paidOut, balance, planned, plannedAt] = await this.read('account', [key])
    return { deposited, withdrawn, paidOut, balance, planned, plannedAt }
  }

  async sign(by: PrivateKeyAccount, voucher: VoucherFields): Promise<SignedFields> {
    const signature = await by.signTypedData({ ...voucherTypes(this.vault), message: voucher })
    const compact = signatureToCompactSignature(parseSignature(signature))
    const bytes = serializeCompactSignature(compact)
    return { ...voucher, r: `0x${bytes.slice(2, 66)}`, vs: `0x${bytes.slice(66)}` }
  }
}

export function voucherTypes(vault: Hex) {
  return {
    domain: { name: 'millrace', version: '1', chainId, verifyingContract: vault, salt: genesisHash },
    types: {
      Voucher: [
        { name: 'payer', type: 'address' },
        { name: 'payee', type: 'address' },
        { name: 'cumulative', type: 'uint256' },
        { name: 'seq', type: 'uint64' },
        { name: 'totalIssued', type: 'uint256' },
      ],
    },
    primaryType: 'Voucher',
  } as const
}
