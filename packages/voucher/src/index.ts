/** Vouchers, session proofs and the paid session. */
export {}
