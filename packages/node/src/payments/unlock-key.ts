/** From where a key is to what signs with it. */

import { devAccount, type KeySigner, readPassword, unlockKeystore } from '@millrace/wallet'
import type { KeySource } from './terms.ts'

/** @throws WalletError for a keystore that does not open, or a dev account on a chain that is not the embedded one */
export async function unlockKey(key: KeySource, chainId: number): Promise<KeySigner> {
  if (key.kind === 'dev') return devAccount(key.index, chainId)
  return unlockKeystore(key.path, await readPassword({ environment: process.env, ask: key.password }))
}
