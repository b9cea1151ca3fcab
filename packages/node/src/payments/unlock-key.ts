/** From where a key is kept to something that signs with it. */

import { readFile } from 'node:fs/promises'
import { fromHex, messageOf } from '@millrace/base'
import { createSigner, devAccount, type KeySigner, readPassword, unlockKeystore } from '@millrace/wallet'
import { type KeySource, MoneyError } from './terms.ts'

/** @throws WalletError; MoneyError `bad-key` for a file that holds none */
export async function unlockKey(key: KeySource, chainId: number): Promise<KeySigner> {
  switch (key.kind) {
    case 'dev':
      return devAccount(key.index, chainId)
    case 'file':
      return keyOfFile(key.path)
    case 'keystore':
      return unlockKeystore(key.path, await readPassword({ environment: process.env, ask: key.password }))
  }
}

const keyBytes = 32

/** The key in a file of 0x and 64 hex digits. */
export async function keyOfFile(path: string): Promise<KeySigner> {
  const fail = (why: string, cause?: unknown) =>
    new MoneyError('bad-key', `${path} ${why}; expected 0x and 64 hex digits, as chain init writes them`, { cause })
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw fail(`can't be read: ${messageOf(cause)}`, cause)
  })
  const bytes = fromHex(/^0x([0-9a-f]{64})$/i.exec(text.trim())?.[1] ?? '')
  if (bytes?.length !== keyBytes) throw fail('holds no key')
  return createSigner(bytes)
}
