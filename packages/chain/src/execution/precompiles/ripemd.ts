/** RIPEMD-160 in WebAssembly. @ethereumjs hashes in JavaScript, and twice: 30 ms for each of the MiB that a block's gas pays for. */

import { ripemd160 } from '../../crypto.ts'
import { outOfGas, type PacedPrecompile, returned } from './outcome.ts'

const wordBytes = 32

export const ripemd: PacedPrecompile = async (call) => {
  const { data, gasLimit, common } = call
  const words = BigInt(Math.ceil(data.length / wordBytes))
  const gas = common.param('ripemd160Gas') + common.param('ripemd160WordGas') * words
  if (gasLimit < gas) return outOfGas(call)
  const hash = ripemd160(data)
  const output = new Uint8Array(wordBytes)
  output.set(hash, wordBytes - hash.length)
  return returned(gas, output)
}
