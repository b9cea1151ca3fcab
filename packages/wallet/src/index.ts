/**
 * Keys: phrases (BIP-39), derivation (BIP-32, BIP-44 at m/44'/60'/0'/0/i), files (keystore v3) and signatures (secp256k1,
 * 65 bytes r || s || v). Knows nothing of vouchers, transactions or chains: it signs 32-byte digests.
 */

export { addressBytes, addressOfKey, addressToBytes, formatAddress, parseAddress } from './address.ts'
export { devAccount, devAccountCount, devMnemonic, embeddedChainId } from './dev-account.ts'
export { WalletError, type WalletErrorCode } from './errors.ts'
export {
  decryptKey,
  type EncryptOptions,
  encryptKey,
  type Keystore,
  parseKeystore,
  scryptCostDefault,
} from './keystore.ts'
export { loadKeystore, saveKeystore, unlockKeystore } from './keystore-file.ts'
export { accountIndexMax, createMnemonic, keyOfMnemonic, parseMnemonic } from './mnemonic.ts'
export { type PasswordSources, passwordVariable, readPassword } from './password.ts'
export { createSigner, digestBytes, type KeySigner, signatureBytes, signWithKey } from './signer.ts'
