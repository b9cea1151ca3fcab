/** A contract for random histories, assembled here: word 0 of its input picks what it does with words 1 and 2. */

import { type Hex, toHex } from 'viem'

/** Twelve words of what a block tells its contracts, each at the slot of its place. */
const contextCodes = ['41', '42', '43', '44', '45', '46', '48', '32', '3a', '5a', '47', '6001430340']

const bodies = {
  /** SSTORE(word 1, word 2) */
  store: '60403560203555',
  /** LOG1 of word 2 under topic word 1 */
  log: '6040355f5260203560205fa1',
  revert: '5f5ffd',
  /** Burns all its gas. */
  invalid: 'fe',
  /** CREATE of an empty account. */
  create: '5f5f5ff0',
  /** SELFDESTRUCT towards word 1. */
  destroy: '602035ff',
  /** Coinbase, time, number, randomness, limits, fees, origin, price, gas, balance and the parent's hash into storage. */
  context: contextCodes.map((code, index) => `${code}60${(index + 1).toString(16).padStart(2, '0')}55`).join(''),
} as const

export type Deed = keyof typeof bodies
// Its keys are those of the object above.
export const deeds = Object.keys(bodies) as readonly Deed[]

const entryBytes = 9

/** Its init code. */
export const machineCode: Hex = (() => {
  const list = deeds.map((deed) => `5b${bodies[deed]}00`)
  let at = deeds.length * entryBytes + 1
  const entries = list.map((body, index) => {
    const entry = `5f3560${byte(index)}1461${at.toString(16).padStart(4, '0')}57`
    at += body.length / 2
    return entry
  })
  const runtime = `${entries.join('')}00${list.join('')}`
  return `0x61${(runtime.length / 2).toString(16).padStart(4, '0')}80600a5f395ff3${runtime}`
})()

export function machineInput(deed: Deed, first: number, second: number): Hex {
  const words = [deeds.indexOf(deed), first, second].map((word) => toHex(word, { size: 32 }).slice(2))
  return `0x${words.join('')}`
}

function byte(value: number): string {
  return value.toString(16).padStart(2, '0')
}
