/** A channel over no socket, with sides that only note what they get: for vectors of whom a message is. */

import { silentLogger } from '@millrace/base'
import {
  accountOfKey,
  domainSeparator,
  type IdentityTerms,
  inlineVerifier,
  keySigner,
  ledgerId,
  sessionDigest,
  signDigest,
} from '@millrace/voucher'
import { type BttSpeedMessage, decodeBttSpeed, encodeBttSpeed } from '@millrace/wire'
import { PaidChannel, type Pairs } from '../../packages/node/src/payments/paid-channel.ts'
import { bytesOf, plain } from './vectors.ts'

const [ownKey, otherKey] = [2, 1].map((byte) => new Uint8Array(32).fill(byte)) as [Uint8Array, Uint8Array]
const domain = {
  chainId: 19_990n,
  verifyingContract: accountOfKey(ownKey),
  genesisHash: new Uint8Array(32).fill(0xd4),
}
const nonce = (byte: number): Uint8Array => new Uint8Array(16).fill(byte)
const infoHash = new Uint8Array(20).fill(3)
const id = ledgerId(domain)
const separator = domainSeparator(domain)

/** A channel over no socket, with sides that only note what they get. */
export class Receiver {
  readonly sent: BttSpeedMessage[] = []
  readonly taken: string[] = []
  closedBy: string | undefined
  readonly channel: PaidChannel

  constructor(sells: boolean, buys: boolean) {
    const side = (name: string) => ({ open() {}, receive: () => void this.taken.push(name), close() {} })
    const pairs = {
      seller: sells ? side('seller') : undefined,
      buyer: buys ? side('buyer') : undefined,
      setOff: sells && buys ? side('setOff') : undefined,
    }
    const parts = { domain, signer: keySigner(ownKey), verifier: inlineVerifier, logger: silentLogger }
    const offer = { v: 1, nonce: nonce(1), sells: true, ledgers: [id] }
    const connection = {
      peer: 1,
      torrent: { infoHash, pieceLength: 65_536, isPrivate: false, leftBytes: () => 0, receivedBytes: () => 0 },
      remote: { host: '192.0.2.1', port: 1 },
      ownOffer: offer,
      peerOffer: { ...offer, nonce: nonce(2) },
      send: (payload: Uint8Array) => {
        const read = decodeBttSpeed(payload)
        if (read.ok) this.sent.push(plain(read.value))
      },
      close: (reason: string) => {
        this.closedBy = reason
      },
    }
    const terms: IdentityTerms = {
      ledgers: [{ id, separator }],
      account: accountOfKey(ownKey),
      ownNonce: nonce(1),
      otherNonce: nonce(2),
      infoHash,
      ownRole: 3,
      otherRole: 3,
    }
    // A channel opens, feeds and closes its pairs, and nothing else.
    this.channel = new PaidChannel({ ...parts, pairsOf: () => pairs as unknown as Pairs }, connection, terms)
  }

  async bind(): Promise<void> {
    const account = accountOfKey(otherKey)
    const session = { ledger: id, account, ownNonce: nonce(2), otherNonce: nonce(1), infoHash, role: 3 }
    const signature = signDigest(otherKey, sessionDigest(separator, session))
    this.channel.receive(encodeBttSpeed({ t: 'hello', account: bytesOf(account.slice(2)), signature }))
    await new Promise((resolve) => setImmediate(resolve))
    this.sent.length = 0
  }
}
