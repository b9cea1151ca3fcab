/**
 * The keys by which a validator signs its votes, as files of CometBFT's home. CometBFT reads one place when it starts,
 * `priv_validator_key.json`; each other key has a file beside it, `priv_validator_key-<address>.json`. Which of them signs
 * is said by the set of the next height: so a key lies beside the old one before it is registered, and comes into its place
 * between the last block of the old one and its own first, while no cometbft runs here. What was signed last
 * (`data/priv_validator_state.json`) stays as it is: no height is in sets of two keys, and none is signed twice.
 */

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { equalBytes, type Logger, messageOf, silentLogger } from '@millrace/base'
import type { Hex } from 'viem'
import { ChainError } from '../../errors.ts'
import { consensusAddress } from '../../genesis/validators.ts'
import { hexOf } from '../../hex.ts'
import { putNodeFile, readNodeFile } from '../../node-file.ts'
import { consensusKeyOf, ed25519Key, validatorKeyFile } from './keys.ts'
import { homeName } from './network.ts'

/** In a validator's folder. */
const keysFolder = join(homeName, 'config')
const placeName = 'priv_validator_key.json'
const otherName = /^priv_validator_key-0x[0-9a-f]{40}\.json$/

export interface VoteKeys {
  /** Whether another key than the one in the place is a member's. */
  isDue(members: readonly Hex[]): boolean
  /**
   * Puts the member's key into the place, and keeps the one that was there. No cometbft may run in the folder.
   *
   * @throws ChainError bad-option
   */
  install(members: readonly Hex[]): void
}

/**
 * Members are the consensus keys of the set that votes next, lower-case.
 *
 * @example const keys = voteKeys('net/0', logger)
 */
export function voteKeys(folder: string, logger: Logger = silentLogger): VoteKeys {
  const place = join(folder, keysFolder, placeName)
  let installed = keyInPlace(folder)
  const dueOf = (members: readonly Hex[], told: Logger): VoteKey | undefined => {
    if (installed !== undefined && members.includes(installed.consensusKey)) return undefined
    return otherKeys(folder, told).find(({ consensusKey }) => members.includes(consensusKey))
  }
  return {
    isDue: (members) => dueOf(members, silentLogger) !== undefined,
    install(members) {
      installed = keyInPlace(folder)
      const next = dueOf(members, logger)
      if (next === undefined) return
      if (installed !== undefined) keep(folder, installed)
      putNodeFile(place, next.text)
      installed = next
      logger.log('info', 'votes are signed with another key', { validator: consensusAddress(next.consensusKey) })
    },
  }
}

/** The key in the place, and those beside it. @throws ChainError bad-option when there is none */
export function consensusKeys(folder: string): readonly Hex[] {
  const installed = keyInPlace(folder)
  const others = otherKeys(folder, silentLogger)
  if (installed === undefined && others.length === 0) readNodeFile(join(folder, keysFolder, placeName))
  return [...new Set([installed, ...others].flatMap((key) => (key === undefined ? [] : [key.consensusKey])))]
}

export interface NewConsensusKey {
  readonly consensusKey: Hex
  /** Puts it beside the others of the folder, on disk for good when this returns. @throws ChainError bad-option */
  readonly keep: () => void
}

/** The key of a seed of 32 bytes. Nothing is written yet. */
export function newConsensusKey(folder: string, seed: Uint8Array): NewConsensusKey {
  const key = ed25519Key(seed)
  const consensusKey = consensusKeyOf(key)
  const text = `${JSON.stringify(validatorKeyFile(key), undefined, 2)}\n`
  return { consensusKey, keep: () => keep(folder, { consensusKey, text }) }
}

interface VoteKey {
  readonly consensusKey: Hex
  /** Of its file. */
  readonly text: string
}

function keep(folder: string, { consensusKey, text }: VoteKey): void {
  const path = join(folder, keysFolder, `priv_validator_key-${consensusAddress(consensusKey)}.json`)
  if (!existsSync(path)) putNodeFile(path, text)
}

function keyInPlace(folder: string): VoteKey | undefined {
  const path = join(folder, keysFolder, placeName)
  return existsSync(path) ? readKey(path) : undefined
}

/** A file that holds no key is said and left out. */
function otherKeys(folder: string, logger: Logger): readonly VoteKey[] {
  return namesIn(join(folder, keysFolder))
    .filter((name) => otherName.test(name))
    .sort()
    .flatMap((name) => {
      try {
        return [readKey(join(folder, keysFolder, name))]
      } catch (thrown) {
        logger.log('warn', 'a key of votes is left out', { reason: messageOf(thrown) })
        return []
      }
    })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // CometBFT's own error says what is wrong with its home
  }
}

const seedBytes = 32

/** @throws ChainError bad-option */
function readKey(path: string): VoteKey {
  const text = readNodeFile(path)
  const bytes = privateBytesOf(text)
  if (bytes?.length === 2 * seedBytes) {
    const key = ed25519Key(bytes.slice(0, seedBytes))
    if (equalBytes(key.publicKey, bytes.slice(seedBytes))) return { consensusKey: hexOf(key.publicKey), text }
  }
  throw new ChainError('bad-option', `${path} holds no ed25519 key: expected one as chain init writes it`)
}

function privateBytesOf(text: string): Uint8Array | undefined {
  try {
    const value: unknown = Reflect.get(Object(Reflect.get(Object(JSON.parse(text)), 'priv_key')), 'value')
    return typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'base64')) : undefined
  } catch {
    return undefined
  }
}
