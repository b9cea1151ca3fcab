import { fromHex } from '@millrace/base'
import fc from 'fast-check'
import { bytesToHex } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { expect, test } from 'vitest'
import { addressOfKey, addressToBytes, formatAddress, parseAddress } from './address.ts'

test('accepts one-case addresses and answers with the checksummed form of EIP-55', () => {
  const checked = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
  expect(parseAddress(checked)).toBe(checked)
  expect(parseAddress(checked.toLowerCase())).toBe(checked)
  expect(parseAddress(`0x${checked.slice(2).toUpperCase()}`)).toBe(checked)
})

test('refuses a wrong checksum and what is no address', () => {
  expect(() => parseAddress('0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed')).toThrow(/wrong checksum/)
  expect(() => parseAddress('5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed')).toThrow(/40 hex digits/)
  expect(() => parseAddress('0x1234')).toThrow(/40 hex digits/)
})

test('the address of a key is the one that viem derives', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (key) => {
      fc.pre(key[0] !== 0xff && key.some((byte) => byte !== 0))
      const address = addressOfKey(key)
      expect(address).toBe(privateKeyToAddress(bytesToHex(key)))
      expect(formatAddress(addressToBytes(address))).toBe(address)
    }),
    { numRuns: 30 },
  )
})

test('refuses zero, the order of the curve and wrong lengths as keys', () => {
  const order = fromHex('fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141')
  for (const bytes of [new Uint8Array(32), order ?? new Uint8Array(0), new Uint8Array(31), new Uint8Array(33)]) {
    expect(() => addressOfKey(bytes)).toThrow(expect.objectContaining({ code: 'bad-key' }))
  }
})
