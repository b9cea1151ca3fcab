/** Vault.sol, its ABI and bytecode. */
export {}
