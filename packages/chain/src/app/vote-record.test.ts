import { RLP } from '@ethereumjs/rlp'
import { concatBytes, toUtf8 } from '@millrace/base'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { beforeAll, describe, expect, test } from 'vitest'
import { type TestValidator, testValidator } from '../../testing/validator-set.ts'
import { bytesOf } from '../hex.ts'
import {
  checkExtension,
  decodeExtension,
  extensionBytesMax,
  isQuorum,
  type Network,
  signExtension,
} from './milestone.ts'
import { checkRecord, type ExtendedVote, encodeRecord, quorumFor } from './vote-record.ts'

const network: Network = { chainId: 19_990, genesisHash: `0x${'11'.repeat(32)}` }
const hash: Hex = `0x${'22'.repeat(32)}`
const height = 7
const four = [testValidator('a', 10), testValidator('b', 10), testValidator('c', 10), testValidator('d', 10)]
const validators = four.map(({ validator }) => validator)
const [a = testValidator('a')] = four

let votes: readonly ExtendedVote[]
const sign = (by: TestValidator, of: Hex = hash, at = height, on = network) =>
  signExtension(on, { height: at, hash: of }, by.signer)
const vote = async (by: TestValidator, of?: Hex): Promise<ExtendedVote> => ({
  validator: by.address,
  committed: true,
  extension: await sign(by, of),
})

beforeAll(async () => {
  votes = await Promise.all(four.map((by) => vote(by)))
})

const voters = { network, height, validators }
/** As a proposer writes it who does not look. */
const blindRecord = (rows: readonly ExtendedVote[]) =>
  concatBytes([
    Uint8Array.of(0x81),
    RLP.encode(
      rows.filter(({ committed }) => committed).map(({ validator, extension }) => [bytesOf(validator), extension]),
    ),
  ])
const judge = (record: Uint8Array | undefined, lastCommit: readonly ExtendedVote[] = votes) => {
  if (record === undefined) throw new Error('no record')
  return checkRecord(record, { network, height, validators, lastCommit })
}

describe('a record of votes', () => {
  test('holds each signature of the commit, and two thirds of the power make a milestone', () => {
    const signed = judge(encodeRecord(votes, voters))
    if (!signed.ok) throw new Error(signed.error)
    expect(signed.value.map(({ validator }) => validator.signer)).toEqual(four.map(({ row }) => row.signer))
    expect(quorumFor({ height, hash }, signed.value, validators)).toHaveLength(4)
    expect(quorumFor({ height, hash }, signed.value.slice(1), validators)).toHaveLength(3)
    expect(quorumFor({ height, hash }, signed.value.slice(2), validators)).toBeUndefined()
    expect(quorumFor({ height, hash: `0x${'33'.repeat(32)}` }, signed.value, validators)).toBeUndefined()
  })

  test('is refused when its proposer left a vote out, added one, or turned them round', async () => {
    const absent = votes.map((one, index) => (index === 2 ? { ...one, committed: false } : one))
    expect(judge(blindRecord(absent)), 'omitted').toMatchObject({ ok: false, error: '3 extensions for 4 votes' })
    expect(judge(blindRecord(votes), absent), 'added').toMatchObject({ ok: false })
    expect(judge(blindRecord([...votes].reverse()))).toMatchObject({ ok: false, error: /row 0 is not/ })
    expect(judge(encodeRecord(absent, voters), absent).ok, 'who did not vote has no part').toBe(true)
    const stranger = [...votes.slice(1), await vote(testValidator('stranger'))]
    expect(judge(blindRecord(stranger), stranger)).toMatchObject({ ok: false, error: /is no validator/ })
  })

  test('is refused with an extension of another height, network, key or form', async () => {
    const elsewhere = { ...network, genesisHash: `0x${'12'.repeat(32)}` as const }
    const wrong = [
      await sign(a, hash, height + 1),
      await sign(a, hash, height, elsewhere),
      await sign(testValidator('b')),
      concatBytes([await sign(a), Uint8Array.of(0)]),
      new Uint8Array(1),
    ]
    for (const extension of wrong) {
      const bad = votes.map((one, index) => (index === 0 ? { ...one, extension } : one))
      expect(judge(blindRecord(bad), bad)).toMatchObject({ ok: false, error: /^extension of/ })
    }
  })

  test('leaves out the extension of a late vote that is bad, as long as the others have two thirds', async () => {
    const spoiled = (bad: number) =>
      votes.map((one, index) => (index < bad ? { ...one, extension: new Uint8Array(5000) } : one))
    const one = judge(encodeRecord(spoiled(1), voters), spoiled(1))
    expect(one.ok && one.value.map(({ validator }) => validator.signer)).toEqual(
      four.slice(1).map(({ row }) => row.signer),
    )
    expect(judge(encodeRecord(spoiled(2), voters), spoiled(2))).toMatchObject({ ok: false, error: /20 in 40 power/ })
  })

  test('counts a signature under another hash as a vote, not as part of the milestone', async () => {
    const lying = [await vote(a, `0x${'ee'.repeat(32)}`), ...votes.slice(1)]
    const signed = judge(encodeRecord(lying, voters), lying)
    expect(signed.ok && quorumFor({ height, hash }, signed.value, validators)?.length).toBe(3)
  })
})

describe('an extension', () => {
  const fields = async () => RLP.decode(await sign(a)) as Uint8Array[] // signExtension wrote a list of four
  const refusal = (bytes: Uint8Array) =>
    checkExtension(network, bytes, height, validators[0] ?? { consensusKey: '0x', signer: '0x', power: 0 })

  test('with a field more, another domain or a signature in its other form is refused', async () => {
    const [domain, number, of, signature] = await fields()
    if (domain === undefined || number === undefined || of === undefined || signature === undefined)
      throw new Error('four fields')
    expect(refusal(RLP.encode([domain, number, of, signature])).ok).toBe(true)
    expect(refusal(RLP.encode([domain, number, of, signature, new Uint8Array(0)])).ok).toBe(false)
    expect(refusal(RLP.encode([toUtf8('millrace/milestone/2'), number, of, signature])).ok).toBe(false)
    expect(refusal(RLP.encode([domain, Uint8Array.of(0, 7), of, signature])).ok).toBe(false)
    // The same signature with n - s and the other v says the same of the key; only one form may count.
    const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
    const s = BigInt(`0x${Buffer.from(signature.slice(32, 64)).toString('hex')}`)
    const other = concatBytes([
      signature.slice(0, 32),
      bytesOf((n - s).toString(16).padStart(64, '0')),
      Uint8Array.of(55 - (signature[64] ?? 0)),
    ])
    expect(refusal(RLP.encode([domain, number, of, other])).ok).toBe(false)
  })

  test('of any bytes is read or refused, never thrown on, and what is read is those bytes', () => {
    const item = fc.letrec<{ any: Uint8Array | unknown[] }>((tie) => ({
      any: fc.oneof({ depthSize: 'small' }, fc.uint8Array({ maxLength: 70 }), fc.array(tie('any'), { maxLength: 5 })),
    })).any
    const raw = fc.oneof(
      fc.uint8Array({ maxLength: extensionBytesMax + 10 }),
      // Of the shape that fast-check has just built: bytes and lists.
      item.map((value) => RLP.encode(value as Uint8Array)),
    )
    fc.assert(
      fc.property(raw, (bytes) => {
        const decoded = decodeExtension(bytes)
        expect(decoded.ok && bytes.length > extensionBytesMax).toBe(false)
        checkRecord(concatBytes([Uint8Array.of(0x81), bytes]), { network, height, validators, lastCommit: votes })
      }),
      { numRuns: 1000 },
    )
  })
})

test('a quorum is more than two thirds, exactly', () => {
  expect([isQuorum(2, 3), isQuorum(3, 3), isQuorum(20, 30), isQuorum(21, 30), isQuorum(0, 0)]).toEqual([
    false,
    true,
    false,
    true,
    false,
  ])
})
