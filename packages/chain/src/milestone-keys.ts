/**
 * The keys by which a validator signs milestones, as files of its folder: `milestone.key` of chain init, and one
 * `milestone-<address>.key` for each later one. Which of them signs is said by the set of the height, so a key is put
 * beside the old one before it is registered, and the node votes with it from the block on in which it counts.
 */

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Logger, messageOf, silentLogger } from '@millrace/base'
import type { Hex } from 'viem'
import { type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts'
import type { MilestoneSigner } from './app/milestone.ts'
import { ChainError } from './errors.ts'
import { putNodeFile, readNodeFile } from './node-file.ts'

/** The first key, which `chain init` writes. */
export const milestoneKeyName = 'milestone.key'

const keyName = /^milestone(-0x[0-9a-f]{40})?\.key$/

/**
 * Signs with whichever key of the folder is a member's. Where none that it has read is, it looks whether one has come.
 *
 * @throws ChainError bad-option when no key is there
 * @example const signer = milestoneKeys('net/0', logger)
 */
export function milestoneKeys(folder: string, logger: Logger = silentLogger): MilestoneSigner {
  let keys = readKeys(folder, logger)
  // Where none can be read, what is wrong with the first says most.
  let current = keys[0] ?? readKey(join(folder, milestoneKeyName))
  return {
    sign(digest, members) {
      const isMember = (key: PrivateKeyAccount) => members.includes(addressOf(key))
      if (!isMember(current)) {
        if (!keys.some(isMember)) keys = readKeys(folder, logger)
        const key = keys.find(isMember)
        if (key === undefined) {
          const message = 'no key in this folder is of a member of the set: peers will refuse the vote'
          logger.log('warn', message, { folder, keys: keys.length })
        } else {
          logger.log('info', 'milestones are signed with another key', { signer: addressOf(key) })
          current = key
        }
      }
      return current.sign({ hash: digest })
    },
  }
}

/** The addresses of the keys in a folder. @throws ChainError bad-option when there is none */
export function milestoneSigners(folder: string): readonly Hex[] {
  const keys = readKeys(folder, silentLogger)
  return (keys.length > 0 ? keys : [readKey(join(folder, milestoneKeyName))]).map(addressOf)
}

/** Puts a key beside those of the folder, on disk for good when this returns. Answers its address. @throws ChainError bad-option */
export function addMilestoneKey(folder: string, key: Hex): Hex {
  const address = addressOf(privateKeyToAccount(key))
  putNodeFile(join(folder, `milestone-${address}.key`), `${key}\n`)
  return address
}

/** A file that can't be read is said and left out: the node goes on with the keys that it has. */
function readKeys(folder: string, logger: Logger): readonly PrivateKeyAccount[] {
  return namesIn(folder)
    .filter((name) => keyName.test(name))
    .sort()
    .flatMap((name) => {
      try {
        return [readKey(join(folder, name))]
      } catch (thrown) {
        logger.log('warn', 'a key of milestones is left out', { reason: messageOf(thrown) })
        return []
      }
    })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return [] // the first key's own error says what is wrong with the folder
  }
}

function readKey(path: string): PrivateKeyAccount {
  const text = readNodeFile(path).trim()
  if (!/^0x[0-9a-f]{64}$/.test(text)) {
    throw new ChainError('bad-option', `${path} holds no key: expected 0x and 64 hex digits, as chain init writes them`)
  }
  return privateKeyToAccount(text as Hex) // the pattern has checked prefix and digits
}

/** Lower-case, as the sets of validators have it. */
function addressOf({ address }: PrivateKeyAccount): Hex {
  return address.toLowerCase() as Hex // an address of viem
}
