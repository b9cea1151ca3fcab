import { toHex } from '@millrace/base'
import fc from 'fast-check'
import { bytesToHex, recoverAddress } from 'viem'
import { sign } from 'viem/accounts'
import { expect, test } from 'vitest'
import { devMnemonic } from './dev-account.ts'
import { keyOfMnemonic } from './mnemonic.ts'
import { createSigner } from './signer.ts'

const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

test('signatures are the bytes that viem makes: RFC 6979, low s, v 27 or 28', async () => {
  const key = keyOfMnemonic(devMnemonic, 3)
  const signer = createSigner(key)
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), async (digest) => {
      const signature = await signer.signDigest(digest)
      expect(bytesToHex(signature)).toBe(
        await sign({ hash: bytesToHex(digest), privateKey: bytesToHex(key), to: 'hex' }),
      )
      expect(BigInt(`0x${toHex(signature.subarray(32, 64))}`) <= halfOrder).toBe(true)
      expect(await recoverAddress({ hash: bytesToHex(digest), signature: bytesToHex(signature) })).toBe(signer.address)
    }),
    { numRuns: 25 },
  )
})

test('a locked signer refuses with a code and keeps its address', async () => {
  const signer = createSigner(keyOfMnemonic(devMnemonic, 1))
  signer.lock()
  signer.lock()
  expect(signer.isLocked).toBe(true)
  expect(signer.address).toBe('0x70997970C51812dc3A010C7d01b50e0d17dc79C8')
  await expect(signer.signDigest(new Uint8Array(32))).rejects.toMatchObject({ code: 'locked' })
})

test("zeroing the caller's key does not touch the signer's copy", async () => {
  const key = keyOfMnemonic(devMnemonic, 1)
  const signer = createSigner(key)
  const before = await signer.signDigest(new Uint8Array(32).fill(5))
  key.fill(0)
  expect(await signer.signDigest(new Uint8Array(32).fill(5))).toEqual(before)
})

test('refuses a digest of another length', async () => {
  const signer = createSigner(keyOfMnemonic(devMnemonic, 1))
  await expect(signer.signDigest(new Uint8Array(31))).rejects.toMatchObject({ code: 'bad-key' })
})
