/** What a block writes before its first transaction: the beacon block's root (EIP-4788), the parent's hash (EIP-2935). */

import type { BlockHeader } from '@ethereumjs/block'
import { createAddressFromString } from '@ethereumjs/util'
import { toBigEndian } from '@millrace/base'
import { fixedBytes } from '../hex.ts'
import type { World } from './world.ts'

const beaconRoots = createAddressFromString('0x000f3df6d732807ef1319fb7b8bb8522d0beac02')
const beaconRootsLength = 8191n
const history = createAddressFromString('0x0000f90827f1c53a10cb7a02335b175320002935')
const historyLength = 8191n

/** Both are contracts: on a chain that has not deployed them nothing is written. */
export async function beginBlock({ vm, manager }: World, header: BlockHeader): Promise<void> {
  const hasCode = async (at: typeof history) => (await manager.getCode(at)).length > 0
  const root = header.parentBeaconBlockRoot
  if (vm.common.isActivatedEIP(4788) && root !== undefined && (await hasCode(beaconRoots))) {
    const place = header.timestamp % beaconRootsLength
    await manager.putStorage(beaconRoots, fixedBytes(place, 32), toBigEndian(header.timestamp))
    await manager.putStorage(beaconRoots, fixedBytes(place + beaconRootsLength, 32), withoutZeros(root))
  }
  if (vm.common.isActivatedEIP(2935) && (await hasCode(history))) {
    const place = (header.number - 1n) % historyLength
    await manager.putStorage(history, fixedBytes(place, 32), withoutZeros(header.parentHash))
  }
}

/** Storage keeps words without their leading zeros. */
function withoutZeros(word: Uint8Array): Uint8Array {
  const first = word.findIndex((byte) => byte !== 0)
  return first === -1 ? new Uint8Array(0) : word.subarray(first)
}
