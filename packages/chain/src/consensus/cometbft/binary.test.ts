import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cometBftVersion, findCometBft } from './binary.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-binary-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A program that holds what Go writes of its module, far into the file and across the reader's chunks. */
function program(name: string, version: string, offset: number): string {
  const path = join(folder, name)
  const bytes = Buffer.alloc(3_000_000)
  bytes.write(`mod\tgithub.com/cometbft/cometbft\t${version}\th1:abc=`, offset)
  writeFileSync(path, bytes, { mode: 0o755 })
  return path
}

test('without a binary it is said how to get one', () => {
  expect(() => findCometBft(undefined, '/nowhere:relative')).toThrow(/not on PATH.*go install .*@v0\.40\.0/)
  expect(() => findCometBft(join(folder, 'absent'), '')).toThrow(/no program/)
})

test('the version is read out of the binary, wherever it stands there', () => {
  for (const offset of [10, 1_048_570, 1_048_576, 2_097_140, 2_900_000]) {
    expect(findCometBft(program('cometbft', cometBftVersion, offset))).toBe(join(folder, 'cometbft'))
    expect(() => findCometBft(program('other', 'v0.38.17', offset)), String(offset)).toThrow(
      /is CometBFT v0\.38\.17: expected v0\.40\.0/,
    )
  }
  expect(findCometBft(program('devel', '(devel)', 99))).toBe(join(folder, 'devel'))
  expect(findCometBft(undefined, folder)).toBe(join(folder, 'cometbft'))
})
