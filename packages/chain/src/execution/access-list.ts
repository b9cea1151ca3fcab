/** The access list that makes a call cheapest to predict: what it touches, found by running it. */

import type { BlockHeader } from '@ethereumjs/block'
import type { Hex } from 'viem'
import { runCall } from './call.ts'
import type { AccessListResult, CallRequest } from './port.ts'
import type { World } from './world.ts'

/** A list may change what is touched, as gas left does; a call that still wavers after so many runs is taken as it is. */
const runsMax = 8

/** Runs until the list no longer grows; the result is that of the run with the list answered. */
export async function findAccessList(
  open: () => Promise<World>,
  request: CallRequest,
  header: BlockHeader,
): Promise<AccessListResult> {
  let accessList = request.accessList
  for (let run = 1; ; run++) {
    const world = await open()
    const result = await runCall(world, { ...request, accessList }, header, { reportsAccess: true })
    const touched = touchedBy(world, request, header)
    if (run === runsMax || sizeOf(touched) <= sizeOf(accessList)) return { result, accessList: touched }
    accessList = touched
  }
}

/** What costs nothing to touch without a list stays out: both ends of the call, the block's recipient, precompiles. */
function touchedBy({ vm }: World, { from, to }: CallRequest, header: BlockHeader): CallRequest['accessList'] {
  const free = new Set<string>([...vm.evm.precompiles.keys(), header.coinbase.toString().slice(2), from.slice(2)])
  if (to !== undefined) free.add(to.slice(2))
  return [...(vm.evm.journal.accessList ?? [])]
    .filter(([address, slots]) => slots.size > 0 || !free.has(address))
    .map(([address, slots]) => ({
      address: `0x${address}` as const,
      storageKeys: [...slots].map((slot): Hex => `0x${slot}`).sort(),
    }))
}

function sizeOf(list: CallRequest['accessList']): number {
  return list.reduce((sum, { storageKeys }) => sum + 1 + storageKeys.length, 0)
}
