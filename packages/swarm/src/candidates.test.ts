import { expect, test } from 'vitest'
import { addressKey, bansMax, Candidates, candidatesMax } from './candidates.ts'

const nobody: ReadonlySet<string> = new Set()

test('a failed address is tried again later and later, and forgotten in the end', () => {
  const candidates = new Candidates()
  const address = { host: '192.0.2.1', port: 6881 }
  candidates.add([address], 0)
  const delays: number[] = []
  let now = 0
  for (;;) {
    const start = now
    while (candidates.take(now, nobody) === undefined && now - start < 10_000_000) now += 1_000
    if (now - start >= 10_000_000) break
    delays.push(now - start)
    candidates.settle(address, false, now)
  }
  expect(delays).toEqual([0, 5_000, 10_000, 20_000, 40_000, 80_000])
})

test('a ban holds for the whole host, but on loopback for the port alone', () => {
  const candidates = new Candidates()
  candidates.ban({ host: '192.0.2.1', port: 1 })
  candidates.ban({ host: '127.0.0.1', port: 1 })
  expect(candidates.isBanned({ host: '192.0.2.1', port: 2 })).toBe(true)
  expect(candidates.isBanned({ host: '127.0.0.1', port: 2 })).toBe(false)
  expect(candidates.isBanned({ host: '127.0.0.1', port: 1 })).toBe(true)
})

function hostOf(index: number): string {
  return `10.${index >> 16}.${(index >> 8) & 255}.${index & 255}`
}

test('bans are bounded: the oldest makes room', () => {
  const candidates = new Candidates()
  for (let index = 0; index <= bansMax; index++) candidates.ban({ host: hostOf(index), port: 1 })
  expect(candidates.isBanned({ host: hostOf(0), port: 1 })).toBe(false)
  expect(candidates.isBanned({ host: hostOf(1), port: 1 })).toBe(true)
  expect(candidates.isBanned({ host: hostOf(bansMax), port: 1 })).toBe(true)
})

test('when all places are taken a new address gets that of one that failed, and none but that', () => {
  const candidates = new Candidates()
  candidates.add(
    Array.from({ length: candidatesMax }, (_, index) => ({ host: hostOf(index), port: 1 })),
    0,
  )
  const failed = candidates.take(0, nobody)
  if (failed !== undefined) candidates.settle(failed, false, 0)
  candidates.add(
    [1, 2].map((port) => ({ host: '192.0.2.1', port })),
    0,
  )
  const all = new Set<string>()
  for (let next = candidates.take(10_000, nobody); next !== undefined; next = candidates.take(10_000, nobody)) {
    all.add(addressKey(next))
  }
  expect(all.size).toBe(candidatesMax)
  expect(failed && all.has(addressKey(failed))).toBe(false)
  expect(all.has('192.0.2.1|1')).toBe(true)
  expect(all.has('192.0.2.1|2')).toBe(false)
})

test('a peer that connected to us is not dialled where it listens', () => {
  const candidates = new Candidates()
  const [here, other] = [1, 2].map((port) => ({ host: '192.0.2.1', port }))
  if (here === undefined || other === undefined) throw new Error('two addresses')
  candidates.add([here, other], 0)
  expect(candidates.take(0, new Set([addressKey(here)]))).toEqual(other)
  expect(candidates.take(0, new Set([addressKey(here)]))).toBeUndefined()
  expect(candidates.take(0, nobody)).toEqual(here)
})
