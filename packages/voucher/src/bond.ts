/** What a payer staked on never over-issuing, and what a payee does about it. The rules are those of Bond.sol. */

import { type Btt, btt, minBig, zeroBtt } from '@millrace/base'

/** Base units of BTT. Not spendable by vouchers, so it covers none: it makes a lie dear. */
export interface PayerBond {
  readonly amount: Btt
  /** What a withdrawal that was announced may still take. */
  readonly planned: Btt
  /** Chain time of the proof that the payer over-issued; undefined: there is none. */
  readonly provenAtSeconds: bigint | undefined
}

export const rewardDivisor = 16n
export const potDivisor = 2n

/** What a payee sees before it acts. Amounts in base units of BTT, times in seconds of the chain. */
export interface BondView {
  readonly bond: PayerBond
  /** Vouchers of the payer are known that contradict each other. */
  readonly isContradicted: boolean
  /** Accepted from the payer and not cashed, less what its vault balance can pay. */
  readonly shortfall: Btt
  /** What we claimed of the pot, and everybody. */
  readonly ownClaim: Btt
  readonly allClaims: Btt
  /** What all claims together can get. */
  readonly pot: Btt
  readonly claimSeconds: bigint
  readonly nowSeconds: bigint
  /** At most, of each move. */
  readonly gasCost: { readonly [move in BondMove]: Btt }
}

/** `prove` that the payer over-issued, `claim` what it cannot pay, `settle` the claim when the time for claims is over. */
export type BondMove = 'prove' | 'claim' | 'settle'

/**
 * The move that brings more than its gas now; undefined to wait or to let be.
 *
 * @example
 * bondMove({ ...view, isContradicted: true }) // 'prove' where a sixteenth of the bond is above the gas
 */
export function bondMove(view: BondView): BondMove | undefined {
  const { bond, shortfall, ownClaim, gasCost } = view
  if (bond.provenAtSeconds === undefined) {
    if (!view.isContradicted) return undefined
    const gain = bond.amount / rewardDivisor + minBig(shortfall, btt(bond.amount / potDivisor))
    return gain > gasCost.prove ? 'prove' : undefined
  }
  const closesAtSeconds = bond.provenAtSeconds + view.claimSeconds
  if (view.nowSeconds >= closesAtSeconds) {
    return ownClaim > 0n && partOf(view, ownClaim, view.allClaims) > gasCost.settle ? 'settle' : undefined
  }
  if (shortfall <= ownClaim) return undefined
  const gain =
    partOf(view, shortfall, btt(view.allClaims + shortfall - ownClaim)) - partOf(view, ownClaim, view.allClaims)
  return gain > gasCost.claim + gasCost.settle ? 'claim' : undefined
}

/** What a claim gets of the pot, rounded down as the contract does. */
function partOf({ pot }: BondView, claim: Btt, allClaims: Btt): Btt {
  if (allClaims <= 0n) return zeroBtt
  return allClaims <= pot ? claim : btt((claim * pot) / allClaims)
}
