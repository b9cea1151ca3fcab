/** Vouchers and session proofs as EIP-712 typed data: for wallets that sign by it, and as fast digests. */

import { type Btt, concatBytes, toHex, toUtf8 } from '@millrace/base'
import type { BttSpeedMessage } from '@millrace/wire'
import { type Account, accountBytes } from './account.ts'
import { domainName, domainVersion, type LedgerDomain } from './domain.ts'
import { keccak, word, wordOf, wordOfFixed } from './words.ts'

/** A promise to pay `cumulative` to the payee over all time. A later one replaces an earlier one. */
export interface Voucher {
  readonly payer: Account
  readonly payee: Account
  readonly cumulative: Btt
  /** Rises with each voucher that the payer signs to anybody. Below 2^64. */
  readonly seq: bigint
  /** Sum of the payer's newest cumulatives, to everybody, at this `seq`. */
  readonly totalIssued: Btt
}

export interface SignedVoucher extends Voucher {
  /** 65 bytes: r, s, v. */
  readonly signature: Uint8Array
}

/** What a `hello` signs: this account speaks on this connection, for this torrent. */
export interface Session {
  readonly ledger: Uint8Array
  readonly account: Account
  /** The signer's nonce of the extended handshake, 16 bytes. */
  readonly ownNonce: Uint8Array
  readonly otherNonce: Uint8Array
  readonly infoHash: Uint8Array
  /** See `roleOf`. */
  readonly role: number
}

export const roleBuys = 1
export const roleSells = 2

/** Who sells may be bought from: the role follows from both sides' offers, so that nobody has to state it. */
export function roleOf(ownSells: boolean, otherSells: boolean): number {
  return (ownSells ? roleSells : 0) | (otherSells ? roleBuys : 0)
}

const voucherType = 'Voucher(address payer,address payee,uint256 cumulative,uint64 seq,uint256 totalIssued)'
const sessionType =
  'Session(bytes32 ledger,address account,bytes16 ownNonce,bytes16 otherNonce,bytes20 infoHash,uint8 role)'
const voucherTypehash = keccak(toUtf8(voucherType))
const sessionTypehash = keccak(toUtf8(sessionType))
const digestPrefix = Uint8Array.of(0x19, 0x01)

/** The 32 bytes to sign for a voucher, in the domain with this separator. */
export function voucherDigest(separator: Uint8Array, voucher: Voucher): Uint8Array {
  return digest(separator, [
    voucherTypehash,
    wordOf(accountBytes(voucher.payer)),
    wordOf(accountBytes(voucher.payee)),
    word(voucher.cumulative),
    word(voucher.seq),
    word(voucher.totalIssued),
  ])
}

/** The 32 bytes to sign for a session proof. */
export function sessionDigest(separator: Uint8Array, session: Session): Uint8Array {
  return digest(separator, [
    sessionTypehash,
    session.ledger,
    wordOf(accountBytes(session.account)),
    wordOfFixed(session.ownNonce),
    wordOfFixed(session.otherNonce),
    wordOfFixed(session.infoHash),
    word(BigInt(session.role)),
  ])
}

/** A signed voucher as it goes to its payee. */
export function voucherMessage(voucher: SignedVoucher): BttSpeedMessage {
  const { payer, cumulative, seq, totalIssued, signature } = voucher
  return { t: 'voucher', payer: accountBytes(payer), cumulative, seq, totalIssued, signature }
}

/** For viem's `signTypedData` and everything that speaks `eth_signTypedData_v4`. */
export function voucherTypedData(domain: LedgerDomain, voucher: Voucher) {
  const { payer, payee, cumulative, seq, totalIssued } = voucher
  return {
    domain: typedDomain(domain),
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
    message: { payer, payee, cumulative, seq, totalIssued },
  } as const
}

/** As `voucherTypedData`, for a session proof. */
export function sessionTypedData(domain: LedgerDomain, session: Session) {
  return {
    domain: typedDomain(domain),
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
    primaryType: 'Session',
    message: {
      ledger: hex(session.ledger),
      account: session.account,
      ownNonce: hex(session.ownNonce),
      otherNonce: hex(session.otherNonce),
      infoHash: hex(session.infoHash),
      role: session.role,
    },
  } as const
}

function typedDomain({ chainId, verifyingContract, genesisHash }: LedgerDomain) {
  return { name: domainName, version: domainVersion, chainId, verifyingContract, salt: hex(genesisHash) } as const
}

function digest(separator: Uint8Array, words: readonly Uint8Array[]): Uint8Array {
  return keccak(concatBytes([digestPrefix, separator, keccak(concatBytes(words))]))
}

function hex(bytes: Uint8Array): `0x${string}` {
  return `0x${toHex(bytes)}`
}
