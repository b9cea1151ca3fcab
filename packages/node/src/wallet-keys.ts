/** Making and bringing in the keys that pay and earn. */

import {
  addressOfKey,
  createMnemonic,
  keyOfMnemonic,
  parseMnemonic,
  readPassword,
  saveKeystore,
} from '@millrace/wallet'

export interface NewKey {
  /** Checksummed. */
  readonly address: string
  readonly path: string
  /** BIP-39; undefined when the caller brought it. Show it once, keep it nowhere. */
  readonly mnemonic: string | undefined
}

export interface NewKeyOptions {
  /** Of the keystore; nothing is overwritten. */
  readonly path: string
  /** Asked when the environment names none. */
  readonly password: () => Promise<string>
  /** A phrase to bring in; a new one is made when absent. */
  readonly mnemonic?: string | undefined
  /** Of the key at m/44'/60'/0'/0/index. */
  readonly index: number
}

/**
 * Writes a keystore with the key of a new or known phrase.
 *
 * @throws WalletError `locked` without a password, `exists`, `bad-mnemonic`, `bad-key`, `io`
 */
export async function createKey({ path, password, mnemonic, index }: NewKeyOptions): Promise<NewKey> {
  const phrase = mnemonic === undefined ? createMnemonic() : parseMnemonic(mnemonic)
  const chosen = await readPassword({ environment: process.env, ask: password })
  const key = keyOfMnemonic(phrase, index)
  try {
    await saveKeystore(path, key, chosen)
    return { address: addressOfKey(key), path, mnemonic: mnemonic === undefined ? phrase : undefined }
  } finally {
    key.fill(0)
  }
}
