import { toHex } from '@millrace/base'
import { expect, test } from 'vitest'
import { addressOfKey } from './address.ts'
import { devMnemonic } from './dev-account.ts'
import { decryptKey, encryptKey, parseKeystore } from './keystore.ts'
import { keyOfMnemonic } from './mnemonic.ts'

const secret = '7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d'
const cheap = { scryptCost: 2 }

// The two test vectors of the Web3 Secret Storage definition.
const pbkdf2Vector = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
    ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
    kdf: 'pbkdf2',
    kdfparams: {
      c: 262_144,
      dklen: 32,
      prf: 'hmac-sha256',
      salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
    },
    mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}
const scryptVector = {
  crypto: {
    cipher: 'aes-128-ctr',
    cipherparams: { iv: '83dbcc02d8ccb40e466191a123791e0e' },
    ciphertext: 'd172bf743a674da9cdad04534d56926ef8358534d458fffccd4e6ad2fbde479c',
    kdf: 'scrypt',
    kdfparams: {
      dklen: 32,
      n: 262_144,
      r: 1,
      p: 8,
      salt: 'ab0c7876052600dd703518d6fc3fe8984592145b591fc8fb5c6d43190334ba19',
    },
    mac: '2103ac29920d71da29f15d75b4a16dbe95cfd7ff8faea1056c33131d846e3097',
  },
  id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
  version: 3,
}

test.each([
  ['pbkdf2', pbkdf2Vector],
  ['scrypt', scryptVector],
])('opens the published vector for %s', async (_, vector) => {
  const keystore = parseKeystore(JSON.stringify(vector))
  expect(toHex(await decryptKey(keystore, 'testpassword'))).toBe(secret)
  await expect(decryptKey(keystore, 'testpasswore')).rejects.toMatchObject({ code: 'locked' })
})

test('what it writes it opens, with the default cost too', async () => {
  const key = keyOfMnemonic(devMnemonic, 2)
  for (const options of [cheap, {}]) {
    const text = await encryptKey(key, 'пароль 密码', options)
    const keystore = parseKeystore(text)
    expect(keystore.derivation).toMatchObject({ kdf: 'scrypt', n: options === cheap ? 2 : 262_144, r: 8, p: 1 })
    expect(`0x${keystore.address}`).toBe(addressOfKey(key).toLowerCase())
    expect(await decryptKey(keystore, 'пароль 密码')).toEqual(key)
  }
})

test('two keystores of one key share neither salt nor cipher text', async () => {
  const key = keyOfMnemonic(devMnemonic, 2)
  const [a, b] = [parseKeystore(await encryptKey(key, 'x', cheap)), parseKeystore(await encryptKey(key, 'x', cheap))]
  expect(a.derivation.salt).not.toEqual(b.derivation.salt)
  expect(a.ciphertext).not.toEqual(b.ciphertext)
})

test('an address that is not the key’s is refused', async () => {
  const file = JSON.parse(await encryptKey(keyOfMnemonic(devMnemonic, 2), 'x', cheap))
  const keystore = parseKeystore(JSON.stringify({ ...file, address: '00'.repeat(20) }))
  await expect(decryptKey(keystore, 'x')).rejects.toMatchObject({ code: 'bad-keystore' })
})

test.each([
  ['too much memory', { n: 2 ** 22, r: 8 }],
  ['too much work', { n: 2 ** 20, r: 4, p: 8 }],
  ['a cost that is no power of two', { n: 3 }],
  ['a negative cost', { n: -2 }],
  ['a fractional cost', { n: 2.5 }],
  ['a short key', { dklen: 16 }],
  ['no salt', { salt: '' }],
  ['a long salt', { salt: '00'.repeat(65) }],
])('refuses %s before it derives anything', (_, change) => {
  const text = JSON.stringify({
    ...scryptVector,
    crypto: { ...scryptVector.crypto, kdfparams: { ...scryptVector.crypto.kdfparams, ...change } },
  })
  expect(() => parseKeystore(text)).toThrow(expect.objectContaining({ code: 'bad-keystore' }))
})

test('refuses other versions, ciphers and derivations', () => {
  const variants = [
    { ...scryptVector, version: 1 },
    { ...scryptVector, crypto: { ...scryptVector.crypto, cipher: 'aes-256-gcm' } },
    { ...scryptVector, crypto: { ...scryptVector.crypto, kdf: 'argon2' } },
    { ...scryptVector, crypto: { ...scryptVector.crypto, mac: 'zz' } },
    { version: 3 },
    [],
  ]
  for (const variant of variants) {
    expect(() => parseKeystore(JSON.stringify(variant))).toThrow(expect.objectContaining({ code: 'bad-keystore' }))
  }
})
