/** A validator's keys as CometBFT keeps them: ed25519, in JSON files of its own form. */

import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { assert, concatBytes } from '@millrace/base'
import type { Hex } from 'viem'
import { consensusAddress } from '../../genesis/validators.ts'
import { hexOf } from '../../hex.ts'

const seedBytes = 32
/** PKCS #8 of an ed25519 private key, up to its seed (RFC 8410). */
const pkcs8Prefix = Uint8Array.of(0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20)

export interface Ed25519Key {
  readonly seed: Uint8Array
  /** 32 bytes. */
  readonly publicKey: Uint8Array
}

/** The key pair of a seed of 32 bytes. */
export function ed25519Key(seed: Uint8Array): Ed25519Key {
  assert(seed.length === seedBytes, 'a seed of 32 bytes')
  const key: KeyObject = createPrivateKey({
    key: Buffer.from(concatBytes([pkcs8Prefix, seed])),
    format: 'der',
    type: 'pkcs8',
  })
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' })
  return { seed, publicKey: new Uint8Array(spki.subarray(spki.length - seedBytes)) }
}

export function consensusKeyOf({ publicKey }: Ed25519Key): Hex {
  return hexOf(publicKey)
}

/** What peers call a node: the first 20 bytes of the SHA-256 of its key, in hex. */
export function nodeIdOf({ publicKey }: Ed25519Key): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 40)
}

/** priv_validator_key.json. */
export function validatorKeyFile(key: Ed25519Key): object {
  return {
    address: consensusAddress(consensusKeyOf(key)).slice(2).toUpperCase(),
    pub_key: { type: 'tendermint/PubKeyEd25519', value: base64(key.publicKey) },
    priv_key: privateKey(key),
  }
}

/** node_key.json. */
export function nodeKeyFile(key: Ed25519Key): object {
  return { priv_key: privateKey(key) }
}

function privateKey({ seed, publicKey }: Ed25519Key): object {
  return { type: 'tendermint/PrivKeyEd25519', value: base64(concatBytes([seed, publicKey])) }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
