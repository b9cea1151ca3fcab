/** Contracts that only take time, assembled here: word 0 of their input is how often they go round. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { concatHex, type Hex, size, toHex } from 'viem'

/** Counts down: 26 gas a round. */
export const loopCode = creation('0x6000355b600190038060035700')
/** Each round calls the contract itself, which then does nothing: the slowest gas of an interpreter, 154 a round. */
export const callingLoopCode = creation('0x36156019576000355b5f5f5f5f305afa5060019003806008575b00')

/** The input for so many rounds, at least one. */
export function roundsInput(rounds: number): Hex {
  return toHex(rounds, { size: 32 })
}

/** A time that is over after so many turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await nextTurn()
}

function creation(runtime: Hex): Hex {
  return concatHex(['0x60', toHex(size(runtime), { size: 1 }), '0x8060093d393df3', runtime])
}
