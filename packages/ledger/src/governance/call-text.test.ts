import { encodeFunctionData, parseAbi } from 'viem'
import { expect, test } from 'vitest'
import { dataFromText } from './call-text.ts'

const to = `0x${'0c'.repeat(20)}` as const
const twice = `0x${'0C'.repeat(20)}`

test('arguments are read as cast reads them', () => {
  const abi = parseAbi(['function f(address to, uint256 amount, (bool, string)[] notes, bytes4 tag, int8[2] pair)'])
  const notes = [
    [true, 'a, "b" (c]'],
    [false, 'plain'],
  ] as const
  const data = encodeFunctionData({ abi, args: [to, 5n * 10n ** 17n, notes, '0x01020304', [-1, 16]] })
  const args = [twice, '0.5BTT', '[(true, "a, \\"b\\" (c]"), (false,plain)]', '0x01020304', '[-1,0x10]']
  for (const signature of [
    'f(address,uint,(bool,string)[],bytes4,int8[2])',
    'function f(address to, uint256 amount, (bool, string)[] notes, bytes4 tag, int8[2] pair) payable returns (bool)',
  ]) {
    expect(dataFromText(signature, args)).toBe(data)
  }
  expect(dataFromText('unpause()', [])).toBe(encodeFunctionData({ abi: parseAbi(['function unpause()']) }))
})

test.each([
  ['spend', [], '"spend" is no function\'s signature: expected one like spend(address,uint256)'],
  ['spend(adress)', [to], '"spend(adress)" is no function\'s signature'],
  ['f(uint7)', ['1'], '"f(uint7)" is no function\'s signature'],
  ['f(bytes33)', ['0x'], '"f(bytes33)" is no function\'s signature'],
  ['spend(address,uint256)', [to], 'spend(address,uint256) takes 2 arguments: got 1'],
  ['f(address to)', ['0x12'], 'argument 1 (to) of f(address): expected an address: 0x and 40 hex digits; got "0x12"'],
  ['f(address)', ['0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92267'], 'expected an address with the right checksum'],
  ['f(uint8)', ['256'], 'argument 1 of f(uint8): expected a whole number of uint8, from 0 to 255'],
  ['f(int8)', ['-129'], 'from -128 to 127'],
  ['f(uint256)', ['1.5'], 'or an amount like 5BTT; got "1.5"'],
  ['f(bool)', ['yes'], 'expected true or false; got "yes"'],
  ['f(bytes3)', ['0x0102'], 'expected bytes3: 0x and 6 hex digits'],
  ['f(uint8[2])', ['[1]'], 'expected a list of 2 uint8, like [a, b]; got "[1]"'],
  ['f((bool a,uint8 b))', ['(true)'], 'expected a struct of (bool a, uint8 b); got "(true)"'],
  ['f(string)', ['"a'], 'expected text, in whole double quotes or in none'],
] as const)('%s of %j is refused with what was expected', (signature, args, message) => {
  expect(() => dataFromText(signature, args)).toThrow(message)
})
