import { silentLogger } from '@millrace/base'
import { type Account, accountOfKey, signDigest } from '@millrace/voucher'
import { afterEach, expect, test } from 'vitest'
import { WorkerVerifier, waitingMax } from './worker-verifier.ts'

const keys = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte))
const digestOf = (i: number): Uint8Array => new Uint8Array(32).fill(i % 256).fill(i >> 8, 0, 1)
const open: WorkerVerifier[] = []

function verifier(): WorkerVerifier {
  const it = new WorkerVerifier(silentLogger)
  open.push(it)
  return it
}

afterEach(async () => {
  for (const it of open.splice(0)) await it.close()
})

test('each signature is answered with its own signer, over many batches at once', async () => {
  const it = verifier()
  const wanted: Account[] = []
  const asked: Promise<Account | undefined>[] = []
  for (let i = 0; i < 300; i++) {
    const key = keys[i % 3] ?? new Uint8Array(32)
    wanted.push(accountOfKey(key))
    asked.push(it.recover(digestOf(i), signDigest(key, digestOf(i))))
  }
  expect(await Promise.all(asked)).toEqual(wanted)
})

test('what is no signature has no signer, and does not move the answers of others', async () => {
  const it = verifier()
  const key = keys[0] ?? new Uint8Array(32)
  const right = signDigest(key, digestOf(7))
  const answers = await Promise.all([
    it.recover(digestOf(7), new Uint8Array(65)),
    it.recover(digestOf(7), right.subarray(1)),
    it.recover(digestOf(7), right),
    it.recover(new Uint8Array(31), right),
    it.recover(digestOf(7), new Uint8Array(65).fill(255)),
  ])
  expect(answers).toEqual([undefined, undefined, accountOfKey(key), undefined, undefined])
})

test('a flood beyond the queue counts as not signed, and the queue is answered', async () => {
  const it = verifier()
  const key = keys[0] ?? new Uint8Array(32)
  const signature = signDigest(key, digestOf(1))
  const asked = Array.from({ length: waitingMax + 1 }, () => it.recover(digestOf(1), signature))
  expect(await asked[waitingMax]).toBeUndefined()
  expect(await asked[waitingMax - 1]).toBe(accountOfKey(key))
})

test('closing answers what is open, and everything that comes after', async () => {
  const it = verifier()
  const key = keys[0] ?? new Uint8Array(32)
  const signature = signDigest(key, digestOf(1))
  const asked = it.recover(digestOf(1), signature)
  await it.close()
  expect(await asked).toBeUndefined()
  expect(await it.recover(digestOf(1), signature)).toBeUndefined()
})
