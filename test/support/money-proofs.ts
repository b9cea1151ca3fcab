/** Session proofs, vouchers and deposits as docs/spec/btt-speed.md describes them, signed by viem instead of us. */

import { createPublicClient, createWalletClient, defineChain, http, keccak256, parseAbi } from 'viem'
import { generatePrivateKey, mnemonicToAccount, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import { minedReceipt } from '../../packages/chain/testing/receipt.ts'
import { type Market, rpcCall } from './economy.ts'

type Hex = `0x${string}`

/** The domain in which a proof or voucher is signed. */
export interface MoneyDomain {
  readonly chainId: bigint
  readonly genesisHash: Hex
  readonly vault: Hex
}

export interface SessionFields {
  readonly ledger: Buffer
  readonly account: Hex
  readonly ownNonce: Buffer
  readonly otherNonce: Buffer
  readonly infoHash: string
  readonly role: number
}

export interface VoucherFields {
  readonly payer: Hex
  readonly payee: Hex
  readonly cumulative: bigint
  readonly seq: bigint
  readonly totalIssued: bigint
}

/** The phrase that Ethereum's development tools share; the embedded chain funds its accounts. */
const phrase = 'test test test test test test test test test test test junk'

export const btt = 10n ** 18n

export function freshKey(): PrivateKeyAccount {
  return privateKeyToAccount(generatePrivateKey())
}

export async function domainOf(market: Market): Promise<MoneyDomain> {
  const block = (await rpcCall(market.rpc, 'eth_getBlockByNumber', ['0x0', false])) as { hash: Hex } // JSON-RPC
  const chainId = BigInt(String(await rpcCall(market.rpc, 'eth_chainId')))
  return { chainId, genesisHash: block.hash, vault: market.vault as Hex } // printed as 0x and 40 digits
}

export function ledgerOf(domain: MoneyDomain): Buffer {
  const chainId = domain.chainId.toString(16).padStart(64, '0')
  return bytesOf(keccak256(`0x${chainId}${domain.genesisHash.slice(2)}${domain.vault.slice(2)}`))
}

/** 65 bytes: r, s, v. */
export async function signSession(
  key: PrivateKeyAccount,
  domain: MoneyDomain,
  session: SessionFields,
): Promise<Buffer> {
  const signature = await key.signTypedData({
    domain: typed(domain),
    primaryType: 'Session',
    types: {
      Session: [
        { name: 'ledger', type: 'bytes32' },
        { name: 'account', type: 'address' },
        { name: 'ownNonce', type: 'bytes16' },
        { name: 'otherNonce', type: 'bytes16' },
        { name: 'infoHash', type: 'bytes20' },
        { name: 'role', type: 'uint8' },
      ],
    },
    message: {
      ledger: hexOf(session.ledger),
      account: session.account,
      ownNonce: hexOf(session.ownNonce),
      otherNonce: hexOf(session.otherNonce),
      infoHash: `0x${session.infoHash}`,
      role: session.role,
    },
  })
  return bytesOf(signature)
}

export async function signVoucher(
  key: PrivateKeyAccount,
  domain: MoneyDomain,
  voucher: VoucherFields,
): Promise<Buffer> {
  const signature = await key.signTypedData({
    domain: typed(domain),
    primaryType: 'Voucher',
    types: {
      Voucher: [
        { name: 'payer', type: 'address' },
        { name: 'payee', type: 'address' },
        { name: 'cumulative', type: 'uint256' },
        { name: 'seq', type: 'uint64' },
        { name: 'totalIssued', type: 'uint256' },
      ],
    },
    message: { ...voucher },
  })
  return bytesOf(signature)
}

/** Pays into the vault balance of `key` from a funded account, and waits for the block. */
export async function deposit(market: Market, key: Hex, sum: bigint): Promise<void> {
  const chain = defineChain({
    id: Number(await rpcCall(market.rpc, 'eth_chainId')),
    name: 'embedded',
    nativeCurrency: { name: 'BTT', symbol: 'BTT', decimals: 18 },
    rpcUrls: { default: { http: [market.rpc] } },
  })
  const wallet = createWalletClient({
    account: mnemonicToAccount(phrase, { addressIndex: 9 }),
    chain,
    transport: http(market.rpc),
  })
  const hash = await wallet.writeContract({
    address: market.vault as Hex, // printed as 0x and 40 digits
    abi: parseAbi(['function depositFor(address key) payable']),
    functionName: 'depositFor',
    args: [key],
    value: sum,
  })
  const reader = createPublicClient({ chain, transport: http(market.rpc) })
  const receipt = await minedReceipt(reader, hash)
  if (receipt.status !== 'success') throw new Error(`the deposit failed: ${hash}`)
}

/** The vault's books of a key, in base units; `plannedAt` is chain time in seconds. */
export interface VaultBooks {
  readonly deposited: bigint
  readonly withdrawn: bigint
  readonly planned: bigint
  readonly plannedAt: bigint
}

export async function booksInVault(market: Market, key: Hex): Promise<VaultBooks> {
  const reader = createPublicClient({ transport: http(market.rpc) })
  const [deposited, withdrawn, , , planned, plannedAt] = await reader.readContract({
    address: market.vault as Hex, // printed as 0x and 40 digits
    abi: parseAbi([
      'function account(address key) view returns (uint256 deposited, uint256 withdrawn, uint256 paidOut, uint256 balance, uint256 planned, uint256 plannedAt)',
    ]),
    functionName: 'account',
    args: [key],
  })
  return { deposited, withdrawn, planned, plannedAt }
}

export function bytesOf(hex: Hex): Buffer {
  return Buffer.from(hex.slice(2), 'hex')
}

export function hexOf(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes).toString('hex')}`
}

function typed(domain: MoneyDomain) {
  const { chainId, vault, genesisHash } = domain
  return { name: 'millrace', version: '1', chainId, verifyingContract: vault, salt: genesisHash } as const
}
