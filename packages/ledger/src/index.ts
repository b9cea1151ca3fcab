/** Client of an EVM chain behind the Ledger port. */
export {}
