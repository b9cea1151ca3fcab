import { expect, test } from 'vitest'
import { Candidates } from './candidates.ts'

test('a failed address is tried again later and later, and forgotten in the end', () => {
  const candidates = new Candidates()
  const address = { host: '192.0.2.1', port: 6881 }
  candidates.add([address], 0)
  const delays: number[] = []
  let now = 0
  for (;;) {
    const start = now
    while (candidates.take(now) === undefined && now - start < 10_000_000) now += 1_000
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
