import { readFileSync } from 'node:fs'
import { toHex } from '@millrace/base'
import { type Beacon, type BeaconSide, beaconSecondsMax, decodeBeacon, encodeBeacon } from '@millrace/wire'
import { hashTypedData } from 'viem'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Account, accountBytes } from './account.ts'
import { BeaconBoard, beaconSkewSecondsMax, beaconsPerTorrentMax } from './beacon-board.ts'
import { beaconDigest, beaconTypedData } from './beacon-proof.ts'
import { domainSeparator, ledgerId } from './domain.ts'
import { recoverAddress } from './signature.ts'
import { keySigner } from './signer.ts'

const domain = {
  chainId: 19_990n,
  verifyingContract: `0x${'5a'.repeat(20)}` as const,
  genesisHash: new Uint8Array(32).fill(7),
}
const separator = domainSeparator(domain)
const ledger = ledgerId(domain)
const buyer = keySigner(new Uint8Array(32).fill(3))
const infoHash = new Uint8Array(20).fill(9)
const wants: BeaconSide = {
  kind: 'buy',
  wantedBytesPerSecond: 1 << 21,
  priceMaxPerMiB: 2n * 10n ** 18n,
  budgetBits: 61,
}
const sells: BeaconSide = {
  kind: 'sell',
  pricePerMiB: 3n,
  askPerMiB: 2n,
  freeSharePpm: 150_000,
  soldBytesPerSecond: 10,
  demandBytesPerSecond: 20,
}
const now = 1_790_000_000

async function beaconOf(side: BeaconSide, seq: number, more: Partial<Beacon> = {}): Promise<Beacon> {
  const unsigned = {
    infoHash,
    ledger,
    account: accountBytes(buyer.account),
    seq,
    issuedAtSeconds: now,
    lifeSeconds: 600,
    side,
    ...more,
  }
  return { ...unsigned, signature: await buyer.signBeacon(domain, unsigned) }
}

function signerOf(beacon: Beacon): Account | undefined {
  return recoverAddress(beaconDigest(separator, beacon), beacon.signature)
}

let board: BeaconBoard
beforeEach(() => {
  board = new BeaconBoard(ledger)
})

function admit(beacon: Beacon, at = now): string {
  const admitted = board.admit(beacon, signerOf(beacon), at)
  return admitted.ok ? 'admitted' : admitted.error
}

describe('a beacon', () => {
  test('has the digest of EIP-712 as viem computes it, a type for each side', async () => {
    for (const side of [wants, sells]) {
      const beacon = await beaconOf(side, 5)
      expect(`0x${toHex(beaconDigest(separator, beacon))}`).toBe(hashTypedData(beaconTypedData(domain, beacon)))
    }
  })

  test('is, byte for byte, what the published vectors say', async () => {
    const file = new URL('../../../docs/spec/beacons.vectors.json', import.meta.url)
    const vectors = JSON.parse(readFileSync(file, 'utf8'))
    const signer = keySigner(Buffer.from(vectors.privateKey, 'hex'))
    const where = {
      chainId: BigInt(vectors.domain.chainId),
      verifyingContract: vectors.domain.verifyingContract,
      genesisHash: Buffer.from(vectors.domain.salt, 'hex'),
    }
    expect(vectors.beacons).toHaveLength(2)
    for (const { side, infoHash: hash, digest, signature, bytes, ...head } of vectors.beacons) {
      const { pricePerMiB, askPerMiB, priceMaxPerMiB } = side
      const amounts = side.kind === 'buy' ? { priceMaxPerMiB } : { pricePerMiB, askPerMiB }
      const exact = Object.fromEntries(Object.entries(amounts).map(([name, text]) => [name, BigInt(String(text))]))
      const unsigned = {
        ...head,
        infoHash: Buffer.from(hash, 'hex'),
        ledger: ledgerId(where),
        account: accountBytes(signer.account),
        side: { ...side, ...exact },
      }
      expect(toHex(beaconDigest(domainSeparator(where), unsigned))).toBe(digest)
      const signed = { ...unsigned, signature: await signer.signBeacon(where, unsigned) }
      expect(toHex(signed.signature)).toBe(signature)
      expect(toHex(encodeBeacon(signed))).toBe(bytes)
    }
  })

  test('that travelled is still signed by its account; one changed bit of what it says is not', async () => {
    const read = decodeBeacon(encodeBeacon(await beaconOf(wants, 5)))
    if (!read.ok) throw new Error(read.error.message)
    expect(signerOf(read.value)).toBe(buyer.account)
    expect(admit({ ...read.value, side: { ...wants, wantedBytesPerSecond: 1 << 22 } })).toBe('bad-signature')
    expect(admit({ ...read.value, infoHash: new Uint8Array(20).fill(8) })).toBe('bad-signature')
    expect(admit(read.value)).toBe('admitted')
  })

  test('counts until its time is over, and the newest of an account replaces the older', async () => {
    expect(admit(await beaconOf(wants, 5))).toBe('admitted')
    expect(admit(await beaconOf({ ...wants, budgetBits: 50 }, 6))).toBe('admitted')
    expect(admit(await beaconOf(sells, 1))).toBe('admitted')
    expect(board.of(infoHash, now).map((beacon) => [beacon.side.kind, beacon.seq])).toEqual([
      ['buy', 6],
      ['sell', 1],
    ])
    expect(board.of(infoHash, now + 599)).toHaveLength(2)
    expect(board.of(infoHash, now + 600)).toEqual([])
    expect(board.of(new Uint8Array(20), now)).toEqual([])
  })

  test('that is replayed has no influence: an old seq, then an old age', async () => {
    const old = await beaconOf(wants, 5)
    expect(admit(await beaconOf({ ...wants, wantedBytesPerSecond: 0 }, 6))).toBe('admitted')
    expect(admit(old)).toBe('not-rising')
    board.forgetOld(now + beaconSecondsMax)
    expect(admit(old, now + beaconSecondsMax)).toBe('expired')
    expect(board.of(infoHash, now + beaconSecondsMax)).toEqual([])
  })

  test('that was taken back stays so, although the one that took it back lived shorter', async () => {
    const long = await beaconOf(wants, 5, { lifeSeconds: beaconSecondsMax })
    expect(admit(long)).toBe('admitted')
    expect(admit(await beaconOf({ ...wants, wantedBytesPerSecond: 0 }, 6, { lifeSeconds: 10 }))).toBe('admitted')
    board.forgetOld(now + 11)
    expect(admit(long, now + 11)).toBe('not-rising')
  })

  test('is never more than its room: a crowd pushes out the oldest, and never grows', async () => {
    const first = await beaconOf(wants, 1)
    expect(admit(first)).toBe('admitted')
    for (let i = 0; i < beaconsPerTorrentMax; i++) {
      const account = new Uint8Array(20)
      new DataView(account.buffer).setUint32(0, i)
      const beacon = { ...first, account }
      expect(board.admit(beacon, `0x${toHex(account)}`, now).ok).toBe(true)
    }
    expect(board.of(infoHash, now)).toHaveLength(beaconsPerTorrentMax)
    expect(admit(first)).toBe('admitted')
    expect(board.of(infoHash, now)).toHaveLength(beaconsPerTorrentMax)
  })

  test('of another ledger, or from a time to come, is refused before its signature is looked at', async () => {
    expect(board.precheck(await beaconOf(wants, 1, { ledger: new Uint8Array(32) }), now)).toBe('wrong-ledger')
    const late = await beaconOf(wants, 1, { issuedAtSeconds: now + beaconSkewSecondsMax + 1 })
    expect(board.precheck(late, now)).toBe('from-the-future')
  })
})
