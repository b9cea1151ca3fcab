import { size } from 'viem'
import { expect, test } from 'vitest'
import { systemAddresses, systemContracts } from './system.ts'

/** EIP-170. A creation is longer than the code that it returns, by its constructor. */
const codeBytesMax = 24_576

test('every system contract is below the limit of code, its constructor included', () => {
  const sizes = systemContracts().map(({ address, creation }) => [address, size(creation)] as const)
  expect(sizes.filter(([, bytes]) => bytes > codeBytesMax)).toEqual([])
})

test('no two system contracts share an address, and what each runs stands elsewhere', () => {
  const created = systemContracts().map(({ address }) => address)
  expect(new Set(created).size).toBe(created.length)
  for (const name of [
    'rewards',
    'staking',
    'validators',
    'parameters',
    'governance',
    'governor',
    'guardian',
  ] as const) {
    expect(created).toContain(systemAddresses[name])
  }
  expect(created).not.toContain(systemAddresses.burned)
})
