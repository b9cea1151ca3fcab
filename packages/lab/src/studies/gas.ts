/** Gas as measured on the contracts (packages/contracts/gas.json), rounded up, at BTTC's least price. */

/** 300,000 gwei: base units a unit of gas. */
export const weiPerGas = 300_000_000_000_000n

export const gasOf = {
  deposit: 68_418n,
  bond: 48_126n,
  prove: 177_341n,
  claim: 90_900n,
  settle: 59_110n,
  /** An entry of a batch of vouchers that is cashed. */
  cashFirst: 37_414n,
  cashAgain: 20_315n,
} as const
