/** What a block's end asks of the beacon chain (EIP-7685): withdrawals and consolidations out of their contracts. */

import { createHash } from 'node:crypto'
import type { Block } from '@ethereumjs/block'
import { createAddressFromString } from '@ethereumjs/util'
import type { World } from '../world.ts'

const systemAddress = createAddressFromString('0xfffffffffffffffffffffffffffffffffffffffe')
const systemGas = 30_000_000n
const queues = [
  { type: 1, eip: 7002, address: createAddressFromString('0x00000961ef480eb55e80d19ad83579a64c007002') },
  { type: 2, eip: 7251, address: createAddressFromString('0x0000bbddc7ce488642fb579f8b00f3a590007251') },
] as const

/** Empties the queues and answers the header's hash of what was in them. Deposits of a simulation are not looked for. */
export async function takeRequests({ vm, manager }: World, block: Block): Promise<Uint8Array> {
  const all = createHash('sha256')
  for (const { type, eip, address } of queues) {
    if (!vm.common.isActivatedEIP(eip) || (await manager.getCode(address)).length === 0) continue
    const before = await manager.getAccount(systemAddress)
    const { execResult } = await vm.evm.runCall({ block, caller: systemAddress, to: address, gasLimit: systemGas })
    // A call of the system is no transaction: its sender is left as it was.
    if (before === undefined) await manager.deleteAccount(systemAddress)
    else await manager.putAccount(systemAddress, before)
    await vm.evm.journal.cleanup()
    const request = execResult.returnValue
    if (request.length > 0) all.update(createHash('sha256').update(Uint8Array.of(type)).update(request).digest())
  }
  return all.digest()
}
