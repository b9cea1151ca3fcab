/** A call as a person types it: a function's signature, and its arguments as text, as Foundry's `cast` takes them. Pure. */

import { type Abi, encodeFunctionData, type Hex, parseAbi, toFunctionSignature } from 'viem'
import { CallTextError, valueFrom } from './abi-text.ts'

/**
 * The data of a call.
 *
 * @param signature a function with the types of its arguments; their names and what it returns may be there
 * @param args one text an argument, as `valueFrom` takes it
 * @throws CallTextError with what was expected
 * @example dataFromText('spend(address,uint256)', ['0x00000000000000000000000000000000000000cc', '5BTT'])
 */
export function dataFromText(signature: string, args: readonly string[]): Hex {
  const abi = abiOf(signature)
  const [called] = abi
  if (called?.type !== 'function') throw noSignature(signature)
  const { inputs } = called
  const name = toFunctionSignature(called)
  if (args.length !== inputs.length) {
    throw new CallTextError(`${name} takes ${inputs.length} arguments: got ${args.length}`)
  }
  const values = inputs.map((input, at) => {
    try {
      return valueFrom(args[at] ?? '', input)
    } catch (thrown) {
      if (!(thrown instanceof CallTextError)) throw thrown
      const which = input.name ? `${at + 1} (${input.name})` : `${at + 1}`
      throw new CallTextError(`argument ${which} of ${name}: ${thrown.message}`)
    }
  })
  return encodeFunctionData({ abi, functionName: called.name, args: values })
}

function abiOf(signature: string): Abi {
  const words = signature.trim().replace(/^function\s+/, '')
  if (!/^[a-zA-Z_$][\w$]*\s*\(/.test(words)) throw noSignature(signature)
  try {
    return parseAbi([`function ${words}`] as readonly string[]) // a text of now has no type of its own
  } catch (cause) {
    throw noSignature(signature, cause)
  }
}

function noSignature(signature: string, cause?: unknown): CallTextError {
  const message = `"${signature}" is no function's signature: expected one like spend(address,uint256)`
  return new CallTextError(message, cause === undefined ? {} : { cause })
}
