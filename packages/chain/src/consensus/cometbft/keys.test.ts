import { expect, test } from 'vitest'
import { consensusAddress } from '../../genesis/validators.ts'
import { consensusKeyOf, ed25519Key, nodeIdOf, validatorKeyFile } from './keys.ts'

// Made by `cometbft init` 0.40 for a throw-away folder.
const address = 'D1A367BDA142E0BA1104689890ED16995799D40F'
const publicKey = 'P+ABE1P+j88Di1SzFvzQDEEPgtzSGtVjVDjkJKZZ700='
const privateKey = 'KFFMjAIueGm8q9VgwP8MROCyRpgXl7o4ydJSWdF0Nz4/4AETU/6PzwOLVLMW/NAMQQ+C3NIa1WNUOOQkplnvTQ=='

test('keys and their names are those that CometBFT makes of a seed', () => {
  const key = ed25519Key(new Uint8Array(Buffer.from(privateKey, 'base64').subarray(0, 32)))
  expect(validatorKeyFile(key)).toEqual({
    address,
    pub_key: { type: 'tendermint/PubKeyEd25519', value: publicKey },
    priv_key: { type: 'tendermint/PrivKeyEd25519', value: privateKey },
  })
  expect(consensusAddress(consensusKeyOf(key))).toBe(`0x${address.toLowerCase()}`)
  // A node's name is made as a validator's address is.
  expect(nodeIdOf(key)).toBe(address.toLowerCase())
})
