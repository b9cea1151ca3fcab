/** eth_estimateGas: the least gas with which a call succeeds. */

import type { AccountView, CallContext, CallRequest, StateView } from '../execution/port.ts'
import { callError } from './call-error.ts'
import { RpcError, rpcCodes } from './errors.ts'

/** An estimate may be this much above the least gas that suffices: fewer trials. */
const estimateSlackPercent = 1n
const transferGas = 21_000n

/** A call, the state it runs on, and the header and overrides it sees. */
export interface PreparedCall {
  readonly state: StateView
  readonly request: CallRequest
  readonly callContext: CallContext
  /** The caller's; it covers what the call sends. */
  readonly balance: bigint
}

/**
 * The caller's balance, which must cover what the call sends.
 *
 * @throws RpcError -32000
 */
export async function checkFunds(
  state: AccountView,
  { from, value }: CallRequest,
  { overrides }: CallContext,
): Promise<bigint> {
  const balance = overrides?.get(from)?.balance ?? (await state.account(from))?.balance ?? 0n
  if (balance >= value) return balance
  const message = `insufficient funds for transfer: address ${from} has ${balance}, wants ${value}`
  throw new RpcError(rpcCodes.server, message)
}

/**
 * Gas that suffices, found by trials: at most `estimateSlackPercent` above the least.
 *
 * @throws RpcError 3 or -32000 when no gas does
 */
export async function estimate(call: PreparedCall, isOver: () => boolean): Promise<bigint> {
  const { state, request: asked, callContext, balance } = call
  const affordable = asked.gasPrice === 0n ? asked.gas : (balance - asked.value) / asked.gasPrice
  const most = affordable < asked.gas ? affordable : asked.gas
  const attempt = (gas: bigint) => state.call({ ...asked, gas }, callContext)
  if (asked.to !== undefined && asked.data.length === 0 && !(await state.account(asked.to))?.hasCode) {
    if (most >= transferGas && (await attempt(transferGas)).outcome === 'success') return transferGas
  }
  const first = await attempt(most)
  if (first.outcome === 'out-of-gas') throw new RpcError(rpcCodes.server, `gas required exceeds allowance (${most})`)
  if (first.outcome !== 'success') throw callError(first)
  let enough = most
  let tooLittle = first.gasUsed - 1n
  while (enough - tooLittle > 1n && (enough - tooLittle) * 100n > enough * estimateSlackPercent) {
    if (isOver()) throw new RpcError(rpcCodes.server, 'execution aborted: the estimate took too long')
    // What a call holds back for its callees (a 64th a level) makes the answer lie near the gas used.
    const guess = tooLittle * 2n < enough ? tooLittle * 2n : (enough + tooLittle) / 2n
    if ((await attempt(guess)).outcome === 'success') enough = guess
    else tooLittle = guess
  }
  return enough
}
