/** Whether the incentive pool pays for the detour over it. Pure; amounts in base units of BTT, prices for a gas. */

import { minBig } from '@millrace/base'

/** What naming a backed payer costs at most in the pool: its first reward of a pair, the credit and what was cashed. */
export const namingGas = 60_000n
/** In a whole. */
const wholeBps = 10_000n

export interface PayerBacking {
  /** What the pool may still pay for vouchers of the payer. */
  readonly credit: bigint
  /** What is about to be cashed of the payer's. */
  readonly unclaimed: bigint
}

/**
 * Whether a payer's backing is worth asking for: what it adds is at least this much, unless a limit of the day cuts it, and
 * more than its gas. Whoever backs with dust must not cost payees gas.
 *
 * @param rewardBps of what is cashed, in parts of ten thousand
 */
export function isWorthNaming({ credit, unclaimed }: PayerBacking, rewardBps: bigint, gasPrice: bigint): boolean {
  return minBig(credit, (unclaimed * rewardBps) / wholeBps) > namingGas * gasPrice // down: against asking
}

export interface PoolOffer {
  /** Gas of cashing at the vault, and of cashing the same through the pool. */
  readonly vaultGas: bigint
  readonly poolGas: bigint
  /** What the pool adds. */
  readonly reward: bigint
}

/**
 * What cashing through the pool gains over cashing at the vault; negative: it costs more than it pays.
 *
 * @example
 * poolGain({ vaultGas: 75_000n, poolGas: 180_000n, reward: 10n ** 18n }, 300n * 10n ** 9n) // 968_500_000_000_000_000n
 */
export function poolGain({ vaultGas, poolGas, reward }: PoolOffer, gasPrice: bigint): bigint {
  return reward - (poolGas - vaultGas) * gasPrice
}
