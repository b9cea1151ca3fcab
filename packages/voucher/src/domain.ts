/** The EIP-712 domain of a vault, and the id by which peers name a ledger. */

import { concatBytes, equalBytes, toHex, toUtf8 } from '@millrace/base'
import { type Account, accountBytes } from './account.ts'
import { keccak, word, wordOf } from './words.ts'

/** One vault on one chain. The genesis hash is the domain's salt: two chains with one id share no signature. */
export interface LedgerDomain {
  readonly chainId: bigint
  readonly verifyingContract: Account
  /** 32 bytes. */
  readonly genesisHash: Uint8Array
}

/** Chains on which a vault may stand at the same address: BTTC, its test network, the embedded chain. */
const knownChainIds: readonly bigint[] = [199n, 1_029n, 19_990n]

export const domainName = 'millrace'
export const domainVersion = '1'

const domainTypehash = keccak(
  toUtf8('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)'),
)
const nameHash = keccak(toUtf8(domainName))
const versionHash = keccak(toUtf8(domainVersion))

/** keccak256(chain id as 32 bytes, genesis hash, vault address as 20 bytes). */
export function ledgerId(domain: LedgerDomain): Uint8Array {
  return keccak(concatBytes([word(domain.chainId), domain.genesisHash, accountBytes(domain.verifyingContract)]))
}

/** The domain separator of EIP-712, with all five fields. */
export function domainSeparator(domain: LedgerDomain): Uint8Array {
  return keccak(
    concatBytes([
      domainTypehash,
      nameHash,
      versionHash,
      word(domain.chainId),
      wordOf(accountBytes(domain.verifyingContract)),
      domain.genesisHash,
    ]),
  )
}

/**
 * Ledgers that a signature may be for by mistake: the same vault on the other chains that are known. A signature for any
 * other ledger looks like that of a stranger.
 */
export function mistakableDomains(domain: LedgerDomain): readonly LedgerDomain[] {
  return knownChainIds.filter((chainId) => chainId !== domain.chainId).map((chainId) => ({ ...domain, chainId }))
}

/** What both sides' handshakes say about settling. */
export interface LedgerOffer {
  /** 16 bytes. */
  readonly nonce: Uint8Array
  readonly sells: boolean
  /** Ids, best first. */
  readonly ledgers: readonly Uint8Array[]
}

/**
 * The ledger of a connection: the first of the seller's list that the buyer's has; if both sell, of the list of the side
 * with the lower nonce, so that both come to the same. Undefined when there is none, nobody sells, or the nonces are
 * equal (who echoes ours is no partner).
 *
 * @example
 * chooseLedger(ownOffer, peerOffer) // as chooseLedger(peerOffer, ownOffer)
 */
export function chooseLedger(one: LedgerOffer, other: LedgerOffer): Uint8Array | undefined {
  if ((!one.sells && !other.sells) || equalBytes(one.nonce, other.nonce)) return undefined
  const decides = one.sells && other.sells ? toHex(one.nonce) < toHex(other.nonce) : one.sells
  const [first, second] = decides ? [one, other] : [other, one]
  return first.ledgers.find((ledger) => second.ledgers.some((candidate) => equalBytes(ledger, candidate)))
}
