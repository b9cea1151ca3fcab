import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from 'viem'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { consensusAddress } from '../../genesis/validators.ts'
import { consensusKeyOf, ed25519Key, validatorKeyFile } from './keys.ts'
import { consensusKeys, newConsensusKey, voteKeys } from './vote-keys.ts'

const seedOf = (number: number) => new Uint8Array(32).fill(number)
const keyOf = (number: number): Hex => consensusKeyOf(ed25519Key(seedOf(number)))
const nameOf = (number: number) => `priv_validator_key-${consensusAddress(keyOf(number))}.json`
const [first, second, third, stranger] = [keyOf(1), keyOf(2), keyOf(3), keyOf(9)]
const state = '{"height":"7","round":0,"step":3}'

let folder: string
let config: string
let place: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-vote-keys-'))
  config = join(folder, 'cometbft/config')
  place = join(config, 'priv_validator_key.json')
  mkdirSync(config, { recursive: true })
  mkdirSync(join(folder, 'cometbft/data'))
  writeFileSync(place, JSON.stringify(validatorKeyFile(ed25519Key(seedOf(1)))))
  writeFileSync(join(folder, 'cometbft/data/priv_validator_state.json'), state)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const inPlace = (): unknown => JSON.parse(readFileSync(place, 'utf8'))
const fileOf = (number: number) => validatorKeyFile(ed25519Key(seedOf(number)))

test('a new key lies beside the old one until a set names it, then it is in the place and the old one beside it', () => {
  const keys = voteKeys(folder)
  const next = newConsensusKey(folder, seedOf(2))
  expect(next.consensusKey).toBe(second)
  expect(readdirSync(config), 'nothing is written by a plan').toEqual(['priv_validator_key.json'])
  next.keep()
  expect(consensusKeys(folder)).toEqual([first, second])
  expect(statSync(join(config, nameOf(2))).mode & 0o777).toBe(0o600)

  expect(keys.isDue([stranger, first])).toBe(false)
  keys.install([stranger, first])
  expect(inPlace(), 'registered, not elected').toEqual(fileOf(1))

  expect(keys.isDue([second, stranger])).toBe(true)
  expect(inPlace(), 'while cometbft runs').toEqual(fileOf(1))
  keys.install([second, stranger])
  expect(keys.isDue([second, stranger])).toBe(false)
  expect(inPlace()).toEqual(fileOf(2))
  expect(statSync(place).mode & 0o777).toBe(0o600)
  expect(JSON.parse(readFileSync(join(config, nameOf(1)), 'utf8'))).toEqual(fileOf(1))
  expect(consensusKeys(folder).toSorted()).toEqual([first, second].toSorted())
  // What was signed last holds for each key of the folder.
  expect(readFileSync(join(folder, 'cometbft/data/priv_validator_state.json'), 'utf8')).toBe(state)
})

test('where no key of the folder is a member’s, the one in the place stays', () => {
  newConsensusKey(folder, seedOf(2)).keep()
  const keys = voteKeys(folder)
  for (const members of [[], [stranger, third]]) {
    expect(keys.isDue(members)).toBe(false)
    keys.install(members)
    expect(inPlace()).toEqual(fileOf(1))
  }
  newConsensusKey(folder, seedOf(3)).keep()
  expect(keys.isDue([stranger, third]), 'one that came later is seen').toBe(true)
})

test('a node that was killed between key and key starts with the one that its height needs', () => {
  newConsensusKey(folder, seedOf(2)).keep()
  voteKeys(folder).install([second])
  voteKeys(folder).install([first])
  expect(inPlace(), 'blocks before it are to come again').toEqual(fileOf(1))
  voteKeys(folder).install([second])
  expect(inPlace()).toEqual(fileOf(2))
  // Killed while it wrote: what is not whole has another name, and counts for nothing.
  writeFileSync(`${place}.new`, '{"address":"')
  writeFileSync(join(config, `${nameOf(3)}.new`), '{"address":"')
  expect(consensusKeys(folder).toSorted()).toEqual([first, second].toSorted())
  voteKeys(folder).install([first])
  expect(inPlace()).toEqual(fileOf(1))
})

test('damaged files are left out beside the place, and refused in it, where they are never overwritten', () => {
  const told: string[] = []
  newConsensusKey(folder, seedOf(2)).keep()
  // Of the right length, but with the public half of another key.
  const mixed = { ...fileOf(3), priv_key: { value: Buffer.concat([seedOf(3), seedOf(3)]).toString('base64') } }
  writeFileSync(join(config, nameOf(3)), JSON.stringify(mixed))
  const keys = voteKeys(folder, { log: (_level, message) => told.push(message) })
  keys.install([third])
  expect(inPlace()).toEqual(fileOf(1))
  expect(told).toEqual(['a key of votes is left out'])
  writeFileSync(place, 'x')
  expect(() => keys.install([second])).toThrow(/holds no ed25519 key/)
  expect(readFileSync(place, 'utf8')).toBe('x')
})

test('a folder that is no node’s is refused in words', () => {
  rmSync(place)
  expect(() => consensusKeys(folder)).toThrow(/make the folder with chain init/)
  expect(() => newConsensusKey(join(folder, 'nothing'), seedOf(2)).keep()).toThrow(/can't be written/)
  expect(existsSync(join(folder, 'nothing'))).toBe(false)
})
