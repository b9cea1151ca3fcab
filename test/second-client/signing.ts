/** What is signed: EIP-712 by hand over keccak256 and secp256k1. */

import { keccak256, recoverAddress } from 'viem'
import { sign } from 'viem/accounts'

export interface Domain {
  readonly chainId: bigint
  readonly vault: Buffer
  readonly genesisHash: Buffer
}

export interface Session {
  readonly ledger: Buffer
  readonly account: Buffer
  readonly ownNonce: Buffer
  readonly otherNonce: Buffer
  readonly infoHash: Buffer
  readonly role: number
}

export interface Voucher {
  readonly payer: Buffer
  readonly payee: Buffer
  readonly cumulative: bigint
  readonly seq: bigint
  readonly totalIssued: bigint
}

const sMax = '7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0'
const domainType = 'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)'
const sessionType =
  'Session(bytes32 ledger,address account,bytes16 ownNonce,bytes16 otherNonce,bytes20 infoHash,uint8 role)'
const voucherType = 'Voucher(address payer,address payee,uint256 cumulative,uint64 seq,uint256 totalIssued)'

export function ledgerId({ chainId, vault, genesisHash }: Domain): Buffer {
  return keccak(Buffer.concat([number(chainId), genesisHash, vault]))
}

export function domainSeparator({ chainId, vault, genesisHash }: Domain): Buffer {
  return keccak(
    Buffer.concat([text(domainType), text('millrace'), text('1'), number(chainId), right(vault), genesisHash]),
  )
}

export function sessionDigest(domain: Domain, session: Session): Buffer {
  const { ledger, account, ownNonce, otherNonce, infoHash, role } = session
  const fields = [ledger, right(account), left(ownNonce), left(otherNonce), left(infoHash), number(BigInt(role))]
  return typedDigest(domain, [text(sessionType), ...fields])
}

export function voucherDigest(domain: Domain, { payer, payee, cumulative, seq, totalIssued }: Voucher): Buffer {
  const fields = [right(payer), right(payee), number(cumulative), number(seq), number(totalIssued)]
  return typedDigest(domain, [text(voucherType), ...fields])
}

/** 65 bytes: r, s, v. */
export async function signDigest(privateKey: Buffer, digest: Buffer): Promise<Buffer> {
  return bytesOf(await sign({ privateKey: hexOf(privateKey), hash: hexOf(digest), to: 'hex' }))
}

/** The account that signed; undefined when nobody did. */
export async function signerOf(digest: Buffer, signature: Buffer): Promise<Buffer | undefined> {
  const [s, v] = [signature.toString('hex', 32, 64), signature[64]]
  if (signature.length !== 65 || s > sMax || (v !== 27 && v !== 28)) return undefined
  try {
    return bytesOf(await recoverAddress({ hash: hexOf(digest), signature: hexOf(signature) }))
  } catch {
    return undefined // r or s is no number of the curve
  }
}

/** The form of EIP-2098. */
export function compactOf(signature: Buffer): { readonly r: Buffer; readonly vs: Buffer } {
  const vs = Buffer.from(signature.subarray(32, 64))
  if (signature[64] === 28) vs[0] = (vs[0] ?? 0) | 0x80
  return { r: signature.subarray(0, 32), vs }
}

export function hexOf(bytes: Uint8Array): `0x${string}` {
  return `0x${Buffer.from(bytes).toString('hex')}`
}

export function bytesOf(hex: string): Buffer {
  return Buffer.from(hex.replace(/^0x/, ''), 'hex')
}

function typedDigest(domain: Domain, words: readonly Buffer[]): Buffer {
  return keccak(Buffer.concat([Buffer.from([0x19, 0x01]), domainSeparator(domain), keccak(Buffer.concat(words))]))
}

function keccak(bytes: Buffer): Buffer {
  return Buffer.from(keccak256(bytes, 'bytes'))
}

function text(value: string): Buffer {
  return keccak(Buffer.from(value))
}

function number(value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
}

function right(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.alloc(32 - bytes.length), bytes])
}

function left(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(32 - bytes.length)])
}
