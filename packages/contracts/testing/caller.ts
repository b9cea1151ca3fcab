/** A contract for attacks: whoever sends it anything has it make one call, and it keeps whether that was done. */

import { type Hex, hexToBytes, size } from 'viem'
import type { Evm } from './evm.ts'

const wordSlot: Hex = `0x${'00'.repeat(32)}`

/** Puts such a contract at `address`; it makes its call whatever it is called with. */
export async function installCaller(evm: Evm, address: Hex, to: Hex, data: Hex): Promise<void> {
  const length = size(data)
  const head = (codeLength: number) =>
    [
      // Its calldata is the end of its code: copy it to memory.
      `61${word(length)}`, // PUSH2 length
      `61${word(codeLength)}`, // PUSH2 offset
      '5f39', // PUSH0 CODECOPY
      '5f5f', // no output
      `61${word(length)}`,
      '5f5f', // input from 0, no value
      `73${to.slice(2)}`, // PUSH20 to
      '5af1', // GAS CALL
      '600101', // 1: refused, 2: done
      '5f5500', // PUSH0 SSTORE STOP
    ].join('')
  const codeLength = head(0).length / 2
  const code = `${head(codeLength)}${data.slice(2)}`
  const total = word(code.length / 2)
  // PUSH2 length PUSH1 12 PUSH0 CODECOPY PUSH2 length PUSH0 RETURN
  await evm.install(address, `0x61${total}600c5f3961${total}5ff3${code}`)
}

/** What became of its last call. */
export async function callerOutcome(evm: Evm, address: Hex): Promise<'not called' | 'refused' | 'done'> {
  const kept = await evm.storage(address, wordSlot)
  return kept === 0n ? 'not called' : kept === 1n ? 'refused' : 'done'
}

function word(number: number): string {
  const hex = number.toString(16).padStart(4, '0')
  if (hexToBytes(`0x${hex}`).length !== 2) throw new Error(`${number} does not fit two bytes`)
  return hex
}
