/** The vault and the incentive pool on a real EVM, as block 0 and block 1 put them, and what a coalition has gained. */

import { encodeDeployData, type Hex } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import {
  embeddedVault,
  type IncentiveTerms,
  incentivesAbi,
  issueAddresses,
  issueContracts,
  termsWith,
  vaultAbi,
  vaultBytecode,
} from '../src/index.ts'
import { Contract, Evm } from './evm.ts'
import { delaySeconds, genesisHash, type SignedFields, VaultWorld } from './vault-world.ts'

export const btt = 10n ** 18n
export const gwei = 10n ** 9n
export const poolStart = 1_000_000_000n * btt
/** The floor under prices on the embedded chain. */
export const priceFloor = 300n * gwei
/** Where `back` sends what it burns. */
export const burnAddress: Hex = '0x000000000000000000000000000000000000dead'
const domain: Hex = `0x${'d0'.repeat(32)}`

export class IncentiveWorld {
  readonly evm: Evm
  readonly vault: VaultWorld
  readonly pool: Contract<typeof incentivesAbi>
  /** Tips paid by whom: validators among them get a part back. */
  readonly tipsPaid = new Map<Hex, bigint>()
  /** Base fees of all transactions. */
  feesBurned = 0n
  readonly #issued = new Map<string, bigint>()
  #seq = 0n

  private constructor(evm: Evm) {
    this.evm = evm
    this.vault = new VaultWorld(evm, vaultAbi, embeddedVault)
    this.pool = new Contract(evm, incentivesAbi, issueAddresses.incentives)
  }

  static async create(
    accounts: readonly PrivateKeyAccount[],
    terms: IncentiveTerms = termsWith(),
  ): Promise<IncentiveWorld> {
    const evm = await Evm.create(accounts)
    const creation = encodeDeployData({ abi: vaultAbi, bytecode: vaultBytecode, args: [genesisHash, delaySeconds] })
    await evm.install(embeddedVault, creation)
    for (const each of issueContracts({ domain, drops: [], terms })) await evm.install(each.address, each.creation)
    await evm.credit(issueAddresses.incentives, poolStart)
    return new IncentiveWorld(evm)
  }

  /** A transaction of this account; answers whether it was done. */
  async send(from: PrivateKeyAccount, to: Hex, value: bigint, data: Hex) {
    const outcome = await this.evm.transact(from, to, value, data)
    const paid = this.tipsPaid.get(from.address) ?? 0n
    this.tipsPaid.set(from.address, paid + outcome.gas * this.evm.tip)
    this.feesBurned += outcome.gas * this.evm.baseFee
    return outcome
  }

  deposit(payer: PrivateKeyAccount, amount: bigint) {
    return this.send(payer, this.vault.vault, amount, this.vault.encode('depositFor', [payer.address]))
  }

  back(from: PrivateKeyAccount, payer: Hex, amount: bigint) {
    return this.send(from, this.pool.address, amount, this.pool.encode('back', [payer]))
  }

  cashInPool(from: PrivateKeyAccount, vouchers: readonly SignedFields[], backed: readonly Hex[] = []) {
    return this.send(from, this.pool.address, 0n, this.pool.encode('cashMany', [vouchers, backed]))
  }

  cashInVault(from: PrivateKeyAccount, vouchers: readonly SignedFields[]) {
    return this.send(from, this.vault.vault, 0n, this.vault.encode('cashMany', [vouchers, zero]))
  }

  claim(from: PrivateKeyAccount, payee: Hex, backed: readonly Hex[]) {
    return this.send(from, this.pool.address, 0n, this.pool.encode('claim', [payee, backed]))
  }

  /** A voucher worth `amount` more than the last one of the pair. */
  voucher(payer: PrivateKeyAccount, payee: Hex, amount: bigint): Promise<SignedFields> {
    const pair = payer.address + payee
    const cumulative = (this.#issued.get(pair) ?? 0n) + amount
    this.#issued.set(pair, cumulative)
    this.#seq += 1n
    return this.vault.sign(payer, { payer: payer.address, payee, cumulative, seq: this.#seq, totalIssued: cumulative })
  }

  /** All that these accounts have: at hand, and in the vault. */
  async wealth(accounts: readonly Hex[]): Promise<bigint> {
    let sum = 0n
    for (const one of accounts) sum += (await this.evm.balanceOf(one)) + (await this.vault.books(one)).balance
    return sum
  }

  /** Where all BTT is: with these accounts, the vault, the pool, the coinbase, burned for payers and as base fees. */
  async supply(accounts: readonly Hex[]): Promise<bigint> {
    let sum = this.feesBurned
    for (const one of [...accounts, this.vault.vault, this.pool.address, burnAddress, zero]) {
      sum += await this.evm.balanceOf(one)
    }
    return sum
  }

  /**
   * `wealth`, and of the tips that they paid what validators among them may get back at most: 0.6, with less than a third
   * of the power, all of another third away, and the highest `proposerBps`.
   */
  async wealthWithTips(accounts: readonly Hex[]): Promise<bigint> {
    const tips = accounts.reduce((sum, one) => sum + (this.tipsPaid.get(one) ?? 0n), 0n)
    return (await this.wealth(accounts)) + (tips * 6n) / 10n
  }
}

const zero: Hex = `0x${'00'.repeat(20)}`
