import { btt, seededRandom, toHex } from '@millrace/base'
import fc from 'fast-check'
import { hashTypedData, parseSignature, signatureToCompactSignature, recoverAddress as viemRecover } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { accountBytes, accountOf, parseAccount } from './account.ts'
import { chooseLedger, domainSeparator } from './domain.ts'
import { accountOfKey, cashEntry, recoverAddress, signDigest } from './signature.ts'
import { roleOf, sessionDigest, sessionTypedData, voucherDigest, voucherTypedData } from './typed-data.ts'

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const account = bytes(20).map(accountOf)
const amount = fc.bigInt(0n, 2n ** 256n - 1n).map(btt)
const key = fc.bigInt(1n, 2n ** 255n).map((value) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex'))
const domain = fc.record({
  chainId: fc.bigInt(1n, 2n ** 64n),
  verifyingContract: account,
  genesisHash: bytes(32),
})
const voucher = fc.record({
  payer: account,
  payee: account,
  cumulative: amount,
  seq: fc.bigInt(0n, 2n ** 64n - 1n),
  totalIssued: amount,
})
const session = fc.record({
  ledger: bytes(32),
  account,
  ownNonce: bytes(16),
  otherNonce: bytes(16),
  infoHash: bytes(20),
  role: fc.integer({ min: 0, max: 3 }),
})
const hex = (value: Uint8Array): `0x${string}` => `0x${toHex(value)}`

describe('digests', () => {
  test('are those of EIP-712 as viem computes them', () => {
    fc.assert(
      fc.property(domain, voucher, session, (where, paid, proof) => {
        const separator = domainSeparator(where)
        expect(hex(voucherDigest(separator, paid))).toBe(hashTypedData(voucherTypedData(where, paid)))
        expect(hex(sessionDigest(separator, proof))).toBe(hashTypedData(sessionTypedData(where, proof)))
      }),
      { numRuns: 50 },
    )
  })
})

describe('signatures', () => {
  test('agree with viem’s, both ways', async () => {
    await fc.assert(
      fc.asyncProperty(key, bytes(32), async (secret, digest) => {
        const viem = privateKeyToAccount(hex(secret))
        const ours = signDigest(secret, digest)
        expect(accountOfKey(secret)).toBe(viem.address.toLowerCase())
        expect(hex(ours)).toBe(await viem.sign({ hash: hex(digest) }))
        expect(recoverAddress(digest, ours)).toBe(viem.address.toLowerCase())
        expect(parseAccount(await viemRecover({ hash: hex(digest), signature: hex(ours) }))).toBe(accountOfKey(secret))
      }),
      { numRuns: 25 },
    )
  })

  test('that are malformed recover to nobody, and never throw', () => {
    const random = seededRandom(11)
    const secret = random.bytes(32)
    const digest = random.bytes(32)
    const good = signDigest(secret, digest)
    expect(recoverAddress(digest, good.subarray(1))).toBeUndefined()
    expect(recoverAddress(digest.subarray(1), good)).toBeUndefined()
    expect(recoverAddress(digest, new Uint8Array(65).fill(27, 64))).toBeUndefined()
    expect(recoverAddress(digest, new Uint8Array(65).fill(255, 0, 64).fill(27, 64))).toBeUndefined()
    expect(
      recoverAddress(
        digest,
        Uint8Array.from(good, (byte, i) => (i === 64 ? byte ^ 4 : byte)),
      ),
    ).toBeUndefined()
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 60, maxLength: 70 }), (signature) => {
        expect(recoverAddress(digest, signature)).not.toBe(accountOfKey(secret))
      }),
    )
  })

  test('mirrored into the upper half are refused, as the vault refuses them', () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const secret = new Uint8Array(32).fill(7)
    const digest = new Uint8Array(32).fill(9)
    const signature = signDigest(secret, digest)
    const s = order - BigInt(hex(signature.subarray(32, 64)))
    const mirrored = Buffer.from(signature)
    mirrored.set(Buffer.from(s.toString(16).padStart(64, '0'), 'hex'), 32)
    mirrored[64] = signature[64] === 27 ? 28 : 27
    expect(recoverAddress(digest, mirrored)).toBeUndefined()
  })

  test('fit the vault in the compact form of EIP-2098', () => {
    for (let i = 1; i < 20; i++) {
      const secret = new Uint8Array(32).fill(i)
      const payer = accountOfKey(secret)
      const fields = { payer, payee: payer, cumulative: btt(1n), seq: 1n, totalIssued: btt(1n) }
      const signature = signDigest(secret, new Uint8Array(32).fill(i))
      const compact = signatureToCompactSignature(parseSignature(hex(signature)))
      expect(cashEntry({ ...fields, signature })).toMatchObject({ r: compact.r, vs: compact.yParityAndS })
    }
  })
})

test('accounts have one spelling', () => {
  const text = '0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf'
  const parsed = parseAccount(text)
  expect(parsed).toBe(text.toLowerCase())
  expect(parsed && accountOf(accountBytes(parsed))).toBe(parsed)
  expect(parseAccount('0x1234')).toBeUndefined()
  expect(parseAccount(text.slice(2))).toBeUndefined()
})

test('the ledger is the first of the seller’s that the buyer has; of two sellers the lower nonce decides', () => {
  const [a, b, c] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
  if (a === undefined || b === undefined || c === undefined) throw new Error('three ids')
  const offer = (sells: boolean, nonceByte: number, ledgers: readonly Uint8Array[]) => ({
    sells,
    nonce: new Uint8Array(16).fill(nonceByte),
    ledgers,
  })
  const agree = (one: ReturnType<typeof offer>, other: ReturnType<typeof offer>) => {
    expect(chooseLedger(other, one)).toBe(chooseLedger(one, other))
    return chooseLedger(one, other)
  }
  expect(agree(offer(true, 9, [a, b, c]), offer(false, 1, [c, b]))).toEqual(b)
  expect(agree(offer(true, 1, [a]), offer(false, 2, [b, c]))).toBeUndefined()
  expect(agree(offer(true, 9, [a, b]), offer(true, 1, [b, a]))).toEqual(b)
  expect(agree(offer(true, 1, [a, b]), offer(true, 9, [b, a]))).toEqual(a)
  expect(agree(offer(false, 1, [a]), offer(false, 2, [a]))).toBeUndefined()
  expect(agree(offer(true, 1, [a]), offer(true, 1, [a]))).toBeUndefined()
  expect([roleOf(true, false), roleOf(false, true), roleOf(true, true)]).toEqual([2, 1, 3])
})
