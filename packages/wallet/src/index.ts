/** Keys: BIP-39, keystore v3 and signers. */
export {}
