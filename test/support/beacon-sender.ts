/** Beacons as docs/spec/beacons.md describes them, signed by viem instead of us, and an announce that carries them. */

import type { PrivateKeyAccount } from 'viem/accounts'
import { bytesOf, ledgerOf, type MoneyDomain } from './money-proofs.ts'

export interface WantFields {
  readonly infoHash: string
  readonly seq: number
  readonly wantedBytesPerSecond: number
  readonly priceMaxPerMiB: bigint
  readonly budgetBits: number
  /** Seconds since 1970; now when absent. */
  readonly issuedAtSeconds?: number
}

const lifeSeconds = 600
const head = [
  { name: 'ledger', type: 'bytes32' },
  { name: 'account', type: 'address' },
  { name: 'infoHash', type: 'bytes20' },
  { name: 'seq', type: 'uint64' },
  { name: 'issuedAt', type: 'uint64' },
  { name: 'lifeSeconds', type: 'uint32' },
]
const buyBeacon = [
  ...head,
  { name: 'wanted', type: 'uint64' },
  { name: 'priceMax', type: 'uint256' },
  { name: 'budgetBits', type: 'uint8' },
]

/** @param claimed the account that the beacon names; the key's own when absent */
export async function buyBeaconOf(
  key: PrivateKeyAccount,
  domain: MoneyDomain,
  fields: WantFields,
  claimed: `0x${string}` = key.address,
): Promise<Buffer> {
  const issuedAtSeconds = fields.issuedAtSeconds ?? Math.floor(Date.now() / 1000)
  const ledger = ledgerOf(domain)
  const { chainId, vault, genesisHash } = domain
  const signature = await key.signTypedData({
    domain: { name: 'millrace', version: '1', chainId, verifyingContract: vault, salt: genesisHash },
    types: { BuyBeacon: buyBeacon },
    primaryType: 'BuyBeacon',
    message: {
      ledger: `0x${ledger.toString('hex')}`,
      account: claimed,
      infoHash: `0x${fields.infoHash}`,
      seq: BigInt(fields.seq),
      issuedAt: BigInt(issuedAtSeconds),
      lifeSeconds,
      wanted: BigInt(fields.wantedBytesPerSecond),
      priceMax: fields.priceMaxPerMiB,
      budgetBits: fields.budgetBits,
    },
  })
  const cap = fields.priceMaxPerMiB.toString(16)
  const priceMax = Buffer.from(cap.length % 2 === 0 ? cap : `0${cap}`, 'hex')
  return Buffer.concat([
    field('d1:a', bytesOf(claimed)),
    field('1:h', Buffer.from(fields.infoHash, 'hex')),
    field('1:l', ledger),
    Buffer.from(`1:ni${fields.seq}e1:ti${issuedAtSeconds}e1:vi1e`),
    field(`1:wd1:bi${fields.budgetBits}e1:m`, priceMax),
    Buffer.from(`1:ui${fields.wantedBytesPerSecond}ee1:xi${lifeSeconds}e`),
    field('1:z', bytesOf(signature)),
    Buffer.from('e'),
  ])
}

/** Announces as a peer that listens on `port`. Gives the tracker's answer as text. */
export async function announceBeacon(tracker: string, infoHash: string, port: number, beacon: Buffer): Promise<string> {
  const query = [
    `info_hash=${escaped(Buffer.from(infoHash, 'hex'))}`,
    `peer_id=-TE0001-${String(port).padStart(12, '0')}`,
    `port=${port}&uploaded=0&downloaded=0&left=1&compact=1&numwant=0`,
    `beacon=${escaped(beacon)}`,
  ]
  const response = await fetch(`${tracker}?${query.join('&')}`)
  return Buffer.from(await response.arrayBuffer()).toString('latin1')
}

function field(before: string, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`${before}${bytes.length}:`), bytes])
}

function escaped(bytes: Buffer): string {
  return [...bytes].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')
}
