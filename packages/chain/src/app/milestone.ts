/**
 * A milestone is a block that more than two thirds of the voting power signed with keys that a contract can check. Each
 * validator's signature travels in its vote extension (ABCI 2.0), from the first height on:
 *
 *     extension = rlp([ "millrace/milestone/1", height, block hash, signature ])
 *     signature = r || s || v over the EIP-712 digest of Milestone(uint256 number, bytes32 hash)
 *                 in the domain (name "millrace", version "1", chain id, salt = genesis hash)
 *
 * Whether an extension is good is said from its bytes and our record of validators alone, so that all who are honest
 * say the same; whether its hash is the right one is asked when signatures are counted.
 */

import { RLP } from '@ethereumjs/rlp'
import { equalBytes, ok, type Result, refuse, toBigEndian, toUtf8 } from '@millrace/base'
import { type Hex, hashTypedData, keccak256 } from 'viem'
import { recoverPublicKey } from '../crypto.ts'
import type { Validator } from '../genesis/validators.ts'
import { bytesOf, hexOf } from '../hex.ts'
import { encodeRlp } from '../rlp.ts'

const domain = toUtf8('millrace/milestone/1')
const fieldCount = 4
const hashBytes = 32
const signatureBytes = 65
/** The four fields need 131 bytes at most. */
export const extensionBytesMax = 160
/** Half the order of secp256k1's group: of the two signatures that say the same only the lower counts (EIP-2). */
const sMax = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** What a signature is bound to beside the block itself. */
export interface Network {
  readonly chainId: number
  readonly genesisHash: Hex
}

export interface Milestone {
  readonly height: number
  readonly hash: Hex
}

/** Signs milestones with one validator's keys; the consumer's port of their keeper. */
export interface MilestoneSigner {
  /**
   * r || s || v over a digest of 32 bytes, by the key of one of `members`.
   *
   * @param members the signers of the set that votes, lower-case: a validator's key changes, and each height has its own
   */
  sign(digest: Hex, members: readonly Hex[]): Promise<Hex>
}

/** The EIP-712 digest that validators sign. */
export function milestoneDigest({ chainId, genesisHash }: Network, { height, hash }: Milestone): Hex {
  return hashTypedData({
    domain: { name: 'millrace', version: '1', chainId, salt: genesisHash },
    types: {
      Milestone: [
        { name: 'number', type: 'uint256' },
        { name: 'hash', type: 'bytes32' },
      ],
    },
    primaryType: 'Milestone',
    message: { number: BigInt(height), hash },
  })
}

/** @example const extension = await signExtension(network, { height: 7, hash }, signer) */
export async function signExtension(
  network: Network,
  milestone: Milestone,
  signer: MilestoneSigner,
  members: readonly Hex[] = [],
): Promise<Uint8Array> {
  const signature = bytesOf(await signer.sign(milestoneDigest(network, milestone), members))
  return encodeRlp([domain, toBigEndian(BigInt(milestone.height)), bytesOf(milestone.hash), signature])
}

export interface Extension {
  readonly milestone: Milestone
  readonly signature: Uint8Array
}

/** Reads a peer's bytes; refuses whatever is not exactly such an extension: other fields, more of them, another encoding. */
export function decodeExtension(bytes: Uint8Array): Result<Extension, string> {
  if (bytes.length > extensionBytesMax) return refuse(`${bytes.length} bytes: expected at most ${extensionBytesMax}`)
  let fields: unknown
  try {
    fields = RLP.decode(bytes)
  } catch {
    return refuse('no RLP')
  }
  if (!Array.isArray(fields) || fields.length !== fieldCount) return refuse(`expected a list of ${fieldCount} fields`)
  const [name, number, hash, signature]: readonly unknown[] = fields
  if (
    !(
      name instanceof Uint8Array &&
      number instanceof Uint8Array &&
      hash instanceof Uint8Array &&
      signature instanceof Uint8Array
    )
  ) {
    return refuse('expected fields of bytes')
  }
  if (!equalBytes(name, domain)) return refuse('another domain')
  if (number.length > 6) return refuse('a height above 2^48')
  if (hash.length !== hashBytes || signature.length !== signatureBytes)
    return refuse('hash or signature of another length')
  if (!equalBytes(encodeRlp([name, number, hash, signature]), bytes)) return refuse('not in canonical RLP')
  const height = number.length === 0 ? 0 : Number(BigInt(hexOf(number)))
  if (!equalBytes(toBigEndian(BigInt(height)), number)) return refuse('a height with leading zeros')
  return ok({ milestone: { height, hash: hexOf(hash) }, signature })
}

/** The hash that this validator signed for `height`, or why the extension is none of its. */
export function checkExtension(
  network: Network,
  bytes: Uint8Array,
  height: number,
  validator: Validator,
): Result<Extension, string> {
  const decoded = decodeExtension(bytes)
  if (!decoded.ok) return decoded
  const { milestone, signature } = decoded.value
  if (milestone.height !== height) return refuse(`signed for height ${milestone.height}, not ${height}`)
  const address = signerOf(milestoneDigest(network, milestone), signature)
  return address === validator.signer ? decoded : refuse('not signed by the validator’s key')
}

function signerOf(digest: Hex, signature: Uint8Array): Hex | undefined {
  const [r, s, v] = [signature.slice(0, 32), signature.slice(32, 64), signature[64] ?? 0]
  if (v !== 27 && v !== 28) return undefined
  if (BigInt(hexOf(s)) > sMax) return undefined
  try {
    return `0x${keccak256(recoverPublicKey(bytesOf(digest), BigInt(v), r, s)).slice(-40)}`
  } catch {
    return undefined
  }
}

/** Whether `part` of `total` voting power is more than two thirds. */
export function isQuorum(part: number, total: number): boolean {
  return BigInt(part) * 3n > BigInt(total) * 2n
}
