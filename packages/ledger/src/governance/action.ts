/** What a proposal does, as calls of the time-lock and in words of ours. Pure. */

import { guardianAbi, parametersAbi, rewardsAbi, stakingAbi, systemAddresses } from '@millrace/contracts'
import type { Account } from '@millrace/voucher'
import { decodeFunctionData, encodeFunctionData, type Hex, hexToString, stringToHex } from 'viem'

/** One call that the time-lock makes. `value` is base units of its own BTT. */
export interface TimelockCall {
  readonly to: Account
  readonly value: bigint
  readonly data: Hex
}

export type ProposalAction =
  /** Nothing but its words. */
  | { readonly kind: 'text' }
  | { readonly kind: 'parameter'; readonly name: string; readonly value: bigint }
  /** Out of the community pool, base units. */
  | { readonly kind: 'spend'; readonly to: Account; readonly amount: bigint }
  | { readonly kind: 'upgrade'; readonly contract: Account; readonly implementation: Account; readonly call: Hex }
  | { readonly kind: 'guardian'; readonly guardian: Account }
  | { readonly kind: 'unpause' }
  /** Anything else. */
  | ({ readonly kind: 'call' } & TimelockCall)

/** An empty call of the time-lock itself: OpenZeppelin's governor wants at least one. */
const textCall: TimelockCall = { to: systemAddresses.governance, value: 0n, data: '0x' }

/** @example encodeAction({ kind: 'parameter', name: 'gasPriceFloor', value: 10n ** 11n }) // a call of Parameters.set */
export function encodeAction(action: ProposalAction): TimelockCall {
  const call = (to: Account, data: Hex): TimelockCall => ({ to, value: 0n, data })
  const { parameters, rewards, guardian } = systemAddresses
  switch (action.kind) {
    case 'text':
      return textCall
    case 'parameter': {
      const args = [stringToHex(action.name, { size: 32 }), action.value] as const
      return call(parameters, encodeFunctionData({ abi: parametersAbi, functionName: 'set', args }))
    }
    case 'spend':
      return call(
        rewards,
        encodeFunctionData({ abi: rewardsAbi, functionName: 'spend', args: [action.to, action.amount] }),
      )
    case 'upgrade': {
      const args = [action.implementation, action.call] as const
      return call(action.contract, encodeFunctionData({ abi: stakingAbi, functionName: 'upgradeToAndCall', args }))
    }
    case 'guardian':
      return call(guardian, encodeFunctionData({ abi: guardianAbi, functionName: 'appoint', args: [action.guardian] }))
    case 'unpause':
      return call(guardian, encodeFunctionData({ abi: guardianAbi, functionName: 'unpause' }))
    case 'call':
      return { to: action.to, value: action.value, data: action.data }
  }
}

/** The kind of a call, or the call itself: what is not exactly what `encodeAction` makes is a `call`. */
export function decodeAction({ to, value, data }: TimelockCall): ProposalAction {
  const call = { to: lower(to), value, data: data.toLowerCase() as Hex } // hex stays hex
  const action = value === 0n ? read(call) : undefined
  if (action !== undefined) {
    const again = encodeAction(action)
    // A call may carry more bytes than its arguments take, or a name with a zero in it: those stay in view.
    if (again.to === call.to && again.data === call.data) return action
  }
  return { kind: 'call', ...call }
}

function read({ to, data }: TimelockCall): ProposalAction | undefined {
  if (data === '0x') return to === systemAddresses.governance ? { kind: 'text' } : undefined
  try {
    if (to === systemAddresses.parameters) {
      const set = decodeFunctionData({ abi: parametersAbi, data })
      if (set.functionName === 'set') {
        return { kind: 'parameter', name: hexToString(set.args[0], { size: 32 }), value: set.args[1] }
      }
    }
    if (to === systemAddresses.rewards) {
      const spend = decodeFunctionData({ abi: rewardsAbi, data })
      if (spend.functionName === 'spend') return { kind: 'spend', to: lower(spend.args[0]), amount: spend.args[1] }
    }
    if (to === systemAddresses.guardian) {
      const change = decodeFunctionData({ abi: guardianAbi, data })
      if (change.functionName === 'unpause') return { kind: 'unpause' }
      if (change.functionName === 'appoint') return { kind: 'guardian', guardian: lower(change.args[0]) }
    }
    const upgrade = decodeFunctionData({ abi: stakingAbi, data })
    if (upgrade.functionName !== 'upgradeToAndCall') return undefined
    const [implementation, inner] = upgrade.args
    return { kind: 'upgrade', contract: to, implementation: lower(implementation), call: inner }
  } catch {
    return undefined // some other contract's function, or bytes that are none of its arguments
  }
}

function lower(address: string): Account {
  return address.toLowerCase() as Account // as well-formed as before
}
