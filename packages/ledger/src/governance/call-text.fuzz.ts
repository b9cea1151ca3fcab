import { embeddedVault, systemAddresses, timelockAbi, validatorsAbi, vaultAbi } from '@millrace/contracts'
import fc from 'fast-check'
import { type AbiFunction, type AbiParameter, encodeFunctionData, type Hex } from 'viem'
import { expect, test } from 'vitest'
import { CallTextError } from './abi-text.ts'
import { dataFromText } from './call-text.ts'
import { knownCall } from './known-contracts.ts'

/** A value of any ABI type, as viem takes it. */
function anyOf(parameter: AbiParameter): fc.Arbitrary<unknown> {
  const { type } = parameter
  const list = /^(.*)\[(\d*)\]$/.exec(type)
  if (list !== null) {
    const length = list[2] === '' ? {} : { minLength: Number(list[2]), maxLength: Number(list[2]) }
    return fc.array(anyOf({ ...parameter, type: list[1] ?? '' }), { maxLength: 4, ...length })
  }
  if (type === 'tuple' && 'components' in parameter) {
    return fc.record(Object.fromEntries(parameter.components.map((field) => [field.name ?? '', anyOf(field)])))
  }
  if (type === 'bool') return fc.boolean()
  if (type === 'string') return fc.string({ unit: 'grapheme' })
  const bytes = type === 'address' ? 20 : Number(/^bytes(\d+)$/.exec(type)?.[1] ?? 0)
  if (bytes > 0 || type === 'bytes') {
    const size = bytes > 0 ? { minLength: bytes, maxLength: bytes } : { maxLength: 70 }
    return fc.uint8Array(size).map((all): Hex => `0x${Buffer.from(all).toString('hex')}`)
  }
  const bits = BigInt(type.replace(/^u?int/, ''))
  return type.startsWith('u')
    ? fc.bigInt({ min: 0n, max: 2n ** bits - 1n })
    : fc.bigInt({ min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n })
}

/** Structs, lists of them, lists of bytes, text, small numbers: whatever these contracts take. */
const functions = [
  { at: systemAddresses.governance, abi: timelockAbi },
  { at: systemAddresses.validators, abi: validatorsAbi },
  { at: embeddedVault, abi: vaultAbi },
].flatMap(({ at, abi }) =>
  abi.filter((item) => item.type === 'function').map((called) => ({ at, called: called as AbiFunction })),
)
const anyCall = fc.constantFrom(...functions).chain(({ at, called }) =>
  fc.tuple(...called.inputs.map(anyOf)).map((args) => {
    const data = encodeFunctionData({ abi: [called], functionName: called.name, args: args as unknown[] })
    return { at: at.toLowerCase() as Hex, called, data }
  }),
)

test('a call of a contract of the chain is shown in words from which it is made again', () => {
  fc.assert(
    fc.property(anyCall, ({ at, called, data }) => {
      const known = knownCall({ to: at, data })
      expect(known?.args).toHaveLength(called.inputs.length)
      expect(dataFromText(known?.signature ?? '', known?.args ?? [])).toBe(data)
      expect(knownCall({ to: at, data: `${data}00` })).toBeUndefined()
    }),
    { numRuns: 500 },
  )
})

test('any text is a call or a refusal that says what was expected', () => {
  const types = fc.constantFrom('uint8', 'int256', 'bool', 'bytes3', 'bytes', 'address', 'string', '(uint8,bool[2])[]')
  const piece = fc.constantFrom('0x00', '[', ']', '(', ')', ',', '"', '\\', '1', '-', ' ', 'true', '5BTT', '١')
  const text = fc.oneof(
    fc.string(),
    fc.array(piece).map((pieces) => pieces.join('')),
  )
  const signature = fc.oneof(
    fc.string(),
    fc.array(types).map((all) => `f(${all.join(',')})`),
  )
  fc.assert(
    fc.property(signature, fc.array(text, { maxLength: 3 }), (words, args) => {
      try {
        expect(dataFromText(words, args)).toMatch(/^0x([0-9a-f]{2}){4,}$/)
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(CallTextError)
        expect(String(thrown)).toMatch(/expected|takes \d+ arguments/)
      }
    }),
    { numRuns: 3_000 },
  )
})
