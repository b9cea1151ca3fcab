/** The validators that the staking contracts have elected, read out of their state. */

import type { BlockHeader } from '@ethereumjs/block'
import { assert } from '@millrace/base'
import { systemAddresses, validatorsAbi } from '@millrace/contracts'
import { decodeFunctionResult, encodeFunctionData, type Hex } from 'viem'
import type { StateView } from '../execution/port.ts'
import type { Validator } from '../genesis/validators.ts'
import { bytesOf, hexOf } from '../hex.ts'
import type { ValidatorSource } from './validator-sets.ts'

/** Of a view: reading a set of a hundred takes some 2 M. */
const viewGas = 50_000_000n

/** The elections of the contract `Validators`, and whom it expels between them. */
export const stakingElections: ValidatorSource = {
  async elected({ header }, before, after) {
    const [old, now] = await Promise.all([before, after].map((state) => view(state, header, setVersion)))
    return old === now ? undefined : electedSet(after, header)
  },
}

const setVersion = encodeFunctionData({ abi: validatorsAbi, functionName: 'setVersion' })

/** The set of this state, with the signers that its members have now. */
export async function electedSet(state: StateView, header: BlockHeader): Promise<readonly Validator[]> {
  const calls = encodeFunctionData({ abi: validatorsAbi, functionName: 'electedSet' })
  const data = await view(state, header, calls)
  const [members, keys] = decodeFunctionResult({ abi: validatorsAbi, functionName: 'electedSet', data })
  return Promise.all(
    members.map(async ({ validator, power }, index) => {
      const args = [validator] as const
      const asked = encodeFunctionData({ abi: validatorsAbi, functionName: 'validatorOf', args })
      const registered = await view(state, header, asked)
      const { signer } = decodeFunctionResult({ abi: validatorsAbi, functionName: 'validatorOf', data: registered })
      const consensusKey = keys[index]
      assert(consensusKey !== undefined, 'a key for each member of the elected set')
      // viem answers a checksummed address; hex in this package is lower-case.
      return { consensusKey, signer: signer.toLowerCase() as Hex, power: Number(power) }
    }),
  )
}

async function view(state: StateView, header: BlockHeader, data: Hex): Promise<Hex> {
  const { caller: from, validators: to } = systemAddresses
  const request = { from, to, data: bytesOf(data), value: 0n, gas: viewGas, gasPrice: 0n, accessList: [] }
  const { outcome, output } = await state.call(request, { header })
  assert(outcome === 'success', 'the views of Validators answer in every block')
  return hexOf(output)
}
