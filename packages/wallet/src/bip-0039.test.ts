import { toHex } from '@millrace/base'
import { bytesToHex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { expect, test } from 'vitest'
import { addressOfKey } from './address.ts'
import { devAccount, devMnemonic } from './dev-account.ts'
import { createMnemonic, keyOfMnemonic, parseMnemonic } from './mnemonic.ts'

test('derives the widely known keys of the development phrase', () => {
  expect(toHex(keyOfMnemonic(devMnemonic, 0))).toBe('ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80')
  expect(devAccount(0, 19_990).address).toBe('0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266')
  expect(devAccount(9, 19_990).address).toBe('0xa0Ee7A142d267C1f36714E4a8F75612F20a79720')
})

test('agrees with viem on fresh phrases, indices and passphrases', () => {
  for (const [words, index] of [
    [12, 0],
    [24, 7],
  ] as const) {
    const phrase = createMnemonic(words)
    expect(phrase.split(' ')).toHaveLength(words)
    const expected = mnemonicToAccount(phrase, { addressIndex: index }).getHdKey().privateKey
    expect(bytesToHex(keyOfMnemonic(phrase, index))).toBe(bytesToHex(expected ?? new Uint8Array(0)))
  }
  expect(addressOfKey(keyOfMnemonic(devMnemonic, 0, 'more'))).toBe(
    mnemonicToAccount(devMnemonic, { passphrase: 'more' }).address,
  )
})

test('forgives case and spaces, not a wrong word or checksum', () => {
  expect(parseMnemonic(`  ${devMnemonic.toUpperCase().replace(/ /g, '\n ')} `)).toBe(devMnemonic)
  for (const wrong of ['', 'test test', devMnemonic.replace('junk', 'test'), devMnemonic.replace('junk', 'junkk')]) {
    expect(() => parseMnemonic(wrong)).toThrow(expect.objectContaining({ code: 'bad-mnemonic' }))
  }
  expect(() => keyOfMnemonic(devMnemonic, -1)).toThrow(expect.objectContaining({ code: 'bad-key' }))
})

test('development accounts are refused on every other chain and outside their range', () => {
  for (const [index, chain] of [
    [0, 199],
    [0, 1],
    [10, 19_990],
    [-1, 19_990],
  ] as const) {
    expect(() => devAccount(index, chain)).toThrow(expect.objectContaining({ code: 'dev-account' }))
  }
})
