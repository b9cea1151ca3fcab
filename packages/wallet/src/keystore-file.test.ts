import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addressOfKey } from './address.ts'
import { devMnemonic } from './dev-account.ts'
import { loadKeystore, saveKeystore, unlockKeystore } from './keystore-file.ts'
import { keyOfMnemonic } from './mnemonic.ts'

const key = keyOfMnemonic(devMnemonic, 4)
const cheap = { scryptCost: 2 }
let folder = ''

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-wallet-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a saved key is private, alone in its folder, and opens with its password only', async () => {
  const path = join(folder, 'keys', 'hot.json')
  await saveKeystore(path, key, 'secret', cheap)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
  expect(await readdir(join(folder, 'keys'))).toEqual(['hot.json'])
  expect((await unlockKeystore(path, 'secret')).address).toBe(addressOfKey(key))
  await expect(unlockKeystore(path, 'Secret')).rejects.toMatchObject({ code: 'locked' })
})

test('never overwrites a file', async () => {
  const path = join(folder, 'hot.json')
  await writeFile(path, 'an older key')
  await expect(saveKeystore(path, key, 'secret', cheap)).rejects.toMatchObject({ code: 'exists' })
  expect(await readFile(path, 'utf8')).toBe('an older key')
  expect(await readdir(folder)).toEqual(['hot.json'])
})

test('refuses a file that others may read', async () => {
  const path = join(folder, 'hot.json')
  await saveKeystore(path, key, 'secret', cheap)
  await chmod(path, 0o644)
  await expect(loadKeystore(path)).rejects.toMatchObject({ code: 'permissions', message: /chmod 600/ })
  await chmod(path, 0o600)
  expect((await loadKeystore(path)).address).toBe(addressOfKey(key).slice(2).toLowerCase())
})

test('says which file is missing, too large or no keystore', async () => {
  const path = join(folder, 'hot.json')
  await expect(loadKeystore(path)).rejects.toMatchObject({ code: 'not-found' })
  await writeFile(path, 'x'.repeat(20_000), { mode: 0o600 })
  await expect(loadKeystore(path)).rejects.toMatchObject({ code: 'bad-keystore' })
  await expect(loadKeystore(folder)).rejects.toMatchObject({ code: expect.stringMatching(/^(permissions|io)$/) })
  await expect(saveKeystore(join(path, 'below-a-file.json'), key, 'x', cheap)).rejects.toMatchObject({
    code: expect.stringMatching(/^(io|exists)$/),
  })
})
