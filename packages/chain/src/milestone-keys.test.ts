import { mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Hex, keccak256, recoverAddress, toBytes } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addMilestoneKey, milestoneKeys, milestoneSigners } from './milestone-keys.ts'

const keyOf = (name: string) => keccak256(toBytes(name))
const addressOf = (name: string) => privateKeyToAddress(keyOf(name)).toLowerCase() as Hex // of viem
const digest = keccak256(toBytes('a block'))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-milestone-keys-'))
  writeFileSync(join(folder, 'milestone.key'), `${keyOf('first')}\n`)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function whoSigns(signer: ReturnType<typeof milestoneKeys>, members: readonly Hex[]): Promise<Hex> {
  const signature = await signer.sign(digest, members)
  return (await recoverAddress({ hash: digest, signature })).toLowerCase() as Hex // of viem
}

test('the key of the set’s member signs, also one that came after the start, and the old one again while it is asked for', async () => {
  const signer = milestoneKeys(folder)
  const others = [addressOf('b'), addressOf('c')]
  expect(await whoSigns(signer, [...others, addressOf('first')])).toBe(addressOf('first'))
  expect(addMilestoneKey(folder, keyOf('second'))).toBe(addressOf('second'))
  expect(await whoSigns(signer, [...others, addressOf('first')]), 'not registered yet').toBe(addressOf('first'))
  expect(await whoSigns(signer, [addressOf('second'), ...others])).toBe(addressOf('second'))
  expect(await whoSigns(signer, [addressOf('first')]), 'a height before it').toBe(addressOf('first'))
  const restarted = milestoneKeys(folder)
  expect(await whoSigns(restarted, [addressOf('second')])).toBe(addressOf('second'))
  expect(milestoneSigners(folder).toSorted()).toEqual([addressOf('first'), addressOf('second')].toSorted())
})

test('a key is for its owner’s eyes, and never there by half', async () => {
  const path = join(folder, `milestone-${addressOf('second')}.key`)
  addMilestoneKey(folder, keyOf('second'))
  expect(statSync(path).mode & 0o777).toBe(0o600)
  renameSync(path, `${path}.new`)
  expect(milestoneSigners(folder), 'what was not finished is none').toEqual([addressOf('first')])
})

test('a damaged file is left out, and a vote that nobody will take is signed all the same', async () => {
  const told: string[] = []
  const logger = { log: (_level: string, message: string) => told.push(message) }
  writeFileSync(join(folder, `milestone-${addressOf('second')}.key`), 'nothing')
  const signer = milestoneKeys(folder, logger)
  expect(await whoSigns(signer, [addressOf('second')])).toBe(addressOf('first'))
  expect(told.at(-1)).toMatch(/no key in this folder/)
})

test('a folder without any key is refused in words', () => {
  addMilestoneKey(folder, keyOf('second'))
  rmSync(join(folder, 'milestone.key'))
  expect(milestoneSigners(folder), 'the old one can go').toEqual([addressOf('second')])
  rmSync(join(folder, `milestone-${addressOf('second')}.key`))
  expect(() => milestoneKeys(folder)).toThrow(/make the folder with chain init/)
  writeFileSync(join(folder, 'milestone.key'), 'x')
  expect(() => milestoneKeys(folder)).toThrow(/expected 0x and 64 hex digits/)
})
