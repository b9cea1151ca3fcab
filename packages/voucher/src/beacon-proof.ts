/** What the account of a beacon signs: EIP-712 in the ledger's own domain, a type for each side. */

import { concatBytes, toHex, toUtf8 } from '@millrace/base'
import type { Beacon } from '@millrace/wire'
import { accountOf } from './account.ts'
import { domainName, domainVersion, type LedgerDomain } from './domain.ts'
import { keccak, word, wordOf, wordOfFixed } from './words.ts'

/** A beacon before it is signed. */
export type UnsignedBeacon = Omit<Beacon, 'signature'>

const head = [
  { name: 'ledger', type: 'bytes32' },
  { name: 'account', type: 'address' },
  { name: 'infoHash', type: 'bytes20' },
  { name: 'seq', type: 'uint64' },
  { name: 'issuedAt', type: 'uint64' },
  { name: 'lifeSeconds', type: 'uint32' },
] as const
const sellFields = [
  ...head,
  { name: 'price', type: 'uint256' },
  { name: 'ask', type: 'uint256' },
  { name: 'freeShare', type: 'uint32' },
  { name: 'sold', type: 'uint64' },
  { name: 'demand', type: 'uint64' },
] as const
const buyFields = [
  ...head,
  { name: 'wanted', type: 'uint64' },
  { name: 'priceMax', type: 'uint256' },
  { name: 'budgetBits', type: 'uint8' },
] as const

const typehashes = { sell: typehashOf('SellBeacon', sellFields), buy: typehashOf('BuyBeacon', buyFields) }
const digestPrefix = Uint8Array.of(0x19, 0x01)

/** The 32 bytes to sign for a beacon, in the domain with this separator. */
export function beaconDigest(separator: Uint8Array, beacon: UnsignedBeacon): Uint8Array {
  const { side } = beacon
  const words = [
    typehashes[side.kind],
    beacon.ledger,
    wordOf(beacon.account),
    wordOfFixed(beacon.infoHash),
    word(BigInt(beacon.seq)),
    word(BigInt(beacon.issuedAtSeconds)),
    word(BigInt(beacon.lifeSeconds)),
    ...valuesOf(side).map((value) => word(BigInt(value))),
  ]
  return keccak(concatBytes([digestPrefix, separator, keccak(concatBytes(words))]))
}

/** As `voucherTypedData`, for a beacon. */
export function beaconTypedData(domain: LedgerDomain, beacon: UnsignedBeacon) {
  const { side } = beacon
  const values = valuesOf(side)
  const fields = side.kind === 'sell' ? sellFields : buyFields
  const own = fields.slice(head.length).map(({ name }, i) => [name, values[i]])
  return {
    domain: {
      name: domainName,
      version: domainVersion,
      chainId: domain.chainId,
      verifyingContract: domain.verifyingContract,
      salt: hex(domain.genesisHash),
    },
    types: { [side.kind === 'sell' ? 'SellBeacon' : 'BuyBeacon']: [...fields] },
    primaryType: side.kind === 'sell' ? 'SellBeacon' : 'BuyBeacon',
    message: {
      ledger: hex(beacon.ledger),
      account: accountOf(beacon.account),
      infoHash: hex(beacon.infoHash),
      seq: BigInt(beacon.seq),
      issuedAt: BigInt(beacon.issuedAtSeconds),
      lifeSeconds: beacon.lifeSeconds,
      ...Object.fromEntries(own),
    },
  }
}

/** In the order of the type's own fields. */
function valuesOf(side: Beacon['side']): readonly (bigint | number)[] {
  if (side.kind === 'buy') return [side.wantedBytesPerSecond, side.priceMaxPerMiB, side.budgetBits]
  const { pricePerMiB, askPerMiB, freeSharePpm, soldBytesPerSecond, demandBytesPerSecond } = side
  return [pricePerMiB, askPerMiB, freeSharePpm, soldBytesPerSecond, demandBytesPerSecond]
}

function typehashOf(name: string, fields: readonly { readonly name: string; readonly type: string }[]): Uint8Array {
  return keccak(toUtf8(`${name}(${fields.map((field) => `${field.type} ${field.name}`).join(',')})`))
}

function hex(bytes: Uint8Array): `0x${string}` {
  return `0x${toHex(bytes)}`
}
