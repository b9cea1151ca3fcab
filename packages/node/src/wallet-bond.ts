/** What the owner of a key does with its bond: look, add to it, take it out in two steps. */

import { type Btt, btt, formatBtt } from '@millrace/base'
import { type BondAction, type Bonds, LedgerError } from '@millrace/ledger'
import type { OpenLedger } from './payments/open-money.ts'
import { MoneyError } from './payments/terms.ts'
import type { Approve, Sent, Withdrawal } from './wallet-spend.ts'

/** Amounts in base units, times in seconds since 1970. */
export interface BondState {
  readonly amount: Btt
  /** A withdrawal that was planned; undefined without one. */
  readonly planned: { readonly amount: Btt; readonly availableAtSeconds: number } | undefined
  /** When the key was proven to over-issue: it cannot bond any more. */
  readonly provenAtSeconds: number | undefined
}

/** The bond of this key; undefined where the ledger has no bonds. */
export async function viewBond({ chain, account }: OpenLedger): Promise<BondState | undefined> {
  const { bonds } = chain
  if (bonds === undefined) return undefined
  const { amount, planned, plannedAtSeconds, provenAtSeconds } = await bonds.stakeOf(account)
  const availableAtSeconds = Number(plannedAtSeconds + bonds.identity.withdrawDelaySeconds)
  return {
    amount: btt(amount),
    planned: planned === 0n ? undefined : { amount: btt(planned), availableAtSeconds },
    provenAtSeconds: provenAtSeconds === 0n ? undefined : Number(provenAtSeconds),
  }
}

/** Adds to the bond. @throws LedgerError; MoneyError `not-confirmed` */
export function addToBond(opened: OpenLedger, amount: Btt, approve: Approve): Promise<Sent> {
  if (amount <= 0n) throw new LedgerError('bad-input', 'a bond needs an amount above 0')
  return send(opened, { type: 'bond', payer: opened.account, amount }, 'bond', amount, approve)
}

/**
 * One step of taking `amount` out of the bond to the key's own address: plans it, or takes it when it was planned before
 * and its delay is over. Another amount is a new plan, 0 cancels.
 *
 * @param nowSeconds seconds since 1970
 * @throws LedgerError; MoneyError `insufficient-funds`, `not-confirmed`
 */
export async function withdrawBond(
  opened: OpenLedger,
  amount: Btt,
  nowSeconds: number,
  approve: Approve,
): Promise<Withdrawal> {
  const state = await viewBond(opened)
  const bonded = state?.amount ?? 0n
  if (amount > bonded) {
    throw new MoneyError(
      'insufficient-funds',
      `the bond of this key is ${formatBtt(bonded)} BTT, ${formatBtt(amount)} cannot leave it`,
    )
  }
  const planned = state?.planned
  if (amount > 0n && planned?.amount === amount) {
    const { availableAtSeconds } = planned
    if (nowSeconds < availableAtSeconds) return { state: 'waiting', amount, availableAtSeconds }
    const action = { type: 'withdraw', to: opened.account } as const
    return { state: 'withdrawn', ...(await send(opened, action, 'withdraw-bond', amount, approve)) }
  }
  const sent = await send(opened, { type: 'plan-withdraw', amount }, 'plan-withdraw-bond', amount, approve)
  const after = (await viewBond(opened))?.planned
  if (after === undefined) return { state: 'cancelled', ...sent }
  return { state: 'planned', ...sent, availableAtSeconds: after.availableAtSeconds }
}

async function send(
  { chain, key, account }: OpenLedger,
  action: BondAction,
  name: 'bond' | 'plan-withdraw-bond' | 'withdraw-bond',
  amount: Btt,
  approve: Approve,
): Promise<Sent> {
  const bonds = bondsOf(chain.bonds)
  const gasCost = await bonds.gasCostOf(account, action)
  if (!(await approve({ action: name, amount, gasCost, vouchers: 0 }))) {
    throw new MoneyError('not-confirmed', 'nothing was sent: answer yes, or pass --yes')
  }
  const receipt = await bonds.act(key, action)
  return { amount, gasCost: btt(receipt.gasUsed * receipt.effectiveGasPrice), transaction: receipt.transactionHash }
}

function bondsOf(bonds: Bonds | undefined): Bonds {
  if (bonds !== undefined) return bonds
  throw new LedgerError('bad-input', 'this ledger has no bonds: its vault stands without the contract for them')
}
