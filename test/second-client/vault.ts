/** The vault by the functions that the page states, over the chain's JSON-RPC. */

import { setTimeout as delay } from 'node:timers/promises'
import {
  createPublicClient,
  createWalletClient,
  defineChain,
  http,
  parseAbi,
  TransactionReceiptNotFoundError,
} from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { VaultBooks } from './money-rules.ts'
import type { Signed } from './seller-session.ts'
import { bytesOf, compactOf, type Domain, hexOf } from './signing.ts'

const abi = parseAbi([
  'struct SignedVoucher { address payer; address payee; uint256 cumulative; uint64 seq; uint256 totalIssued; bytes32 r; bytes32 vs; }',
  'function depositFor(address key) payable',
  'function cash(SignedVoucher voucher, address recipient) returns (uint256)',
  'function account(address key) view returns (uint256 deposited, uint256 withdrawn, uint256 paidOut, uint256 balance, uint256 planned, uint256 plannedAt)',
  'function cashed(address payer, address payee) view returns (uint256)',
  'function ledgerId() view returns (bytes32)',
])
/** The chains of these tests make blocks at once. */
const minedMsMax = 30_000
const pollMs = 50
const ownBalance = '0x0000000000000000000000000000000000000000'

export class Vault {
  readonly domain: Domain
  readonly account: Buffer
  readonly #address: `0x${string}`
  readonly #chain: ReturnType<typeof defineChain>
  readonly #key: PrivateKeyAccount
  readonly #transport: ReturnType<typeof http>

  private constructor(rpc: string, domain: Domain, key: Buffer) {
    this.domain = domain
    this.#address = hexOf(domain.vault)
    this.#key = privateKeyToAccount(hexOf(key))
    this.account = bytesOf(this.#key.address)
    this.#transport = http(rpc)
    this.#chain = defineChain({
      id: Number(domain.chainId),
      name: 'a chain',
      nativeCurrency: { name: 'BTT', symbol: 'BTT', decimals: 18 },
      rpcUrls: { default: { http: [rpc] } },
    })
  }

  /** `key` signs the transactions. */
  static async open(rpc: string, vault: string, key: Buffer): Promise<Vault> {
    const reader = createPublicClient({ transport: http(rpc) })
    const { hash } = await reader.getBlock({ blockNumber: 0n })
    const chainId = BigInt(await reader.getChainId())
    return new Vault(rpc, { chainId, vault: bytesOf(vault), genesisHash: bytesOf(hash) }, key)
  }

  async ledgerId(): Promise<Buffer> {
    return bytesOf(await this.#reader().readContract({ ...this.#contract(), functionName: 'ledgerId' }))
  }

  async booksOf(payer: Buffer, payee: Buffer): Promise<VaultBooks> {
    const reader = this.#reader()
    const [key, to] = [hexOf(payer), hexOf(payee)]
    const account = await reader.readContract({ ...this.#contract(), functionName: 'account', args: [key] })
    const cashed = await reader.readContract({ ...this.#contract(), functionName: 'cashed', args: [key, to] })
    const [deposited, withdrawn, paidOut, , planned] = account
    return { deposited, withdrawn, paidOut, planned, cashed }
  }

  async balanceOf(key: Buffer): Promise<bigint> {
    const args = [hexOf(key)] as const
    return (await this.#reader().readContract({ ...this.#contract(), functionName: 'account', args }))[3]
  }

  /** Into one's own balance. */
  async deposit(sum: bigint): Promise<void> {
    const args = [this.#key.address] as const
    const hash = await this.#writer().writeContract({
      ...this.#contract(),
      chain: this.#chain,
      functionName: 'depositFor',
      args,
      value: sum,
    })
    await this.#mined(hash)
  }

  /** Into the payee's own balance in the vault. */
  async cash({ payer, payee, cumulative, seq, totalIssued, signature }: Signed): Promise<void> {
    const { r, vs } = compactOf(signature)
    const parties = { payer: hexOf(payer), payee: hexOf(payee) }
    const entry = { ...parties, cumulative, seq, totalIssued, r: hexOf(r), vs: hexOf(vs) }
    const args = [entry, ownBalance] as const
    const call = { ...this.#contract(), chain: this.#chain, functionName: 'cash', args } as const
    await this.#mined(await this.#writer().writeContract(call))
  }

  async #mined(hash: `0x${string}`): Promise<void> {
    const reader = this.#reader()
    const deadline = performance.now() + minedMsMax
    for (;;) {
      // viem's own waiting can miss the block when no other follows it.
      const receipt = await reader.getTransactionReceipt({ hash }).catch((thrown: unknown) => {
        if (thrown instanceof TransactionReceiptNotFoundError) return undefined
        throw thrown
      })
      if (receipt?.status === 'success') return
      if (receipt !== undefined) throw new Error(`the transaction failed: ${hash}`)
      if (performance.now() > deadline) throw new Error(`in no block within ${minedMsMax} ms: ${hash}`)
      await delay(pollMs)
    }
  }

  #contract() {
    return { address: this.#address, abi } as const
  }

  #reader() {
    return createPublicClient({ chain: this.#chain, transport: this.#transport })
  }

  #writer() {
    return createWalletClient({ account: this.#key, chain: this.#chain, transport: this.#transport })
  }
}
