import fc from 'fast-check'
import { expect, test } from 'vitest'
import { devMnemonic } from './dev-account.ts'
import { WalletError } from './errors.ts'
import { encryptKey, parseKeystore } from './keystore.ts'
import { keyOfMnemonic } from './mnemonic.ts'

function refusesOrParses(text: string): void {
  try {
    expect(parseKeystore(text).mac).toHaveLength(32)
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(WalletError)
  }
}

test('any text is parsed or refused with a typed error', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), refusesOrParses), { numRuns: 500 })
})

test('any change of one field of a real keystore is parsed or refused with a typed error', async () => {
  const text = await encryptKey(keyOfMnemonic(devMnemonic, 0), 'x', { scryptCost: 2 })
  const paths = ['version', 'address', 'crypto', 'crypto.kdf', 'crypto.mac', 'crypto.ciphertext', 'crypto.kdfparams']
  const leaves = ['crypto.kdfparams.n', 'crypto.kdfparams.r', 'crypto.kdfparams.p', 'crypto.kdfparams.dklen']
  fc.assert(
    fc.property(fc.constantFrom(...paths, ...leaves), fc.jsonValue(), (path, value) => {
      const file = JSON.parse(text)
      const names = path.split('.')
      const holder = names.slice(0, -1).reduce((node, name) => node[name], file)
      holder[names.at(-1) ?? ''] = value
      refusesOrParses(JSON.stringify(file))
    }),
    { numRuns: 500 },
  )
})
