import { readFileSync } from 'node:fs'
import { btt, seededRandom, toHex } from '@millrace/base'
import fc from 'fast-check'
import { hashTypedData, parseSignature, signatureToCompactSignature, recoverAddress as viemRecover } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { accountBytes, accountOf, parseAccount } from './account.ts'
import { chooseLedger, domainSeparator, ledgerId } from './domain.ts'
import { accountOfKey, cashEntry, recoverAddress, signDigest } from './signature.ts'
import { keySigner } from './signer.ts'
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

  test('and ledger ids stay what the published vectors say', async () => {
    const file = new URL('../../../docs/spec/btt-speed.vectors.json', import.meta.url)
    const vectors = JSON.parse(readFileSync(file, 'utf8'))
    const signer = keySigner(Buffer.from(vectors.privateKey, 'hex'))
    const where = {
      chainId: BigInt(vectors.domain.chainId),
      verifyingContract: vectors.domain.verifyingContract,
      genesisHash: Buffer.from(vectors.domain.salt, 'hex'),
    }
    const paid = {
      ...vectors.voucher,
      cumulative: btt(BigInt(vectors.voucher.cumulative)),
      seq: BigInt(vectors.voucher.seq),
      totalIssued: btt(BigInt(vectors.voucher.totalIssued)),
    }
    const proof = {
      ledger: ledgerId(where),
      account: signer.account,
      ownNonce: Buffer.from(vectors.session.ownNonce, 'hex'),
      otherNonce: Buffer.from(vectors.session.otherNonce, 'hex'),
      infoHash: Buffer.from(vectors.session.infoHash, 'hex'),
      role: vectors.session.role,
    }
    const separator = domainSeparator(where)
    expect({
      account: signer.account,
      ledgerId: toHex(ledgerId(where)),
      domainSeparator: toHex(separator),
      voucherDigest: toHex(voucherDigest(separator, paid)),
      voucherSignature: toHex(await signer.signVoucher(where, paid)),
      sessionDigest: toHex(sessionDigest(separator, proof)),
      sessionSignature: toHex(await signer.signSession(where, proof)),
    }).toEqual(vectors.expected)
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

test('the ledger is the first of the seller’s that the buyer has', () => {
  const [a, b, c] = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
  if (a === undefined || b === undefined || c === undefined) throw new Error('three ids')
  expect(chooseLedger([a, b, c], [c, b])).toBe(b)
  expect(chooseLedger([a], [b, c])).toBeUndefined()
  expect([roleOf(true, false), roleOf(false, true), roleOf(true, true)]).toEqual([2, 1, 3])
})
