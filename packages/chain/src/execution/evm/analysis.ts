/** What can be known of code before it runs: where it may jump to, and the words that it pushes. */

import { fromBigEndian } from '@millrace/base'

export interface Analysis {
  /** 1 at each JUMPDEST that is no data of a PUSH. */
  readonly jumps: Uint8Array
  /** By the position after the PUSH, as @ethereumjs has them. */
  readonly pushes: readonly bigint[]
}

const jumpDestination = 0x5b
const push1 = 0x60
const push32 = 0x7f

/** Kept as long as the bytes are: a contract's code is the same array at each call of it. */
const known = new WeakMap<Uint8Array, Analysis>()

export function analyse(code: Uint8Array): Analysis {
  const found = known.get(code)
  if (found !== undefined) return found
  const jumps = new Uint8Array(code.length)
  const pushes = new Array<bigint>(code.length + 1)
  for (let at = 0; at < code.length; at++) {
    const opcode = code[at] ?? 0
    if (opcode === jumpDestination) jumps[at] = 1
    if (opcode < push1 || opcode > push32) continue
    const length = opcode - push1 + 1
    const data = code.subarray(at + 1, at + 1 + length)
    // Beyond its end code is zeros.
    pushes[at + 1] = fromBigEndian(data) << BigInt(8 * (length - data.length))
    at += length
  }
  const analysis = { jumps, pushes }
  known.set(code, analysis)
  return analysis
}
