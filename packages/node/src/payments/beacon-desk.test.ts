import { btt, oneBtt, silentLogger, toHex, zeroBtt } from '@millrace/base'
import {
  type Account,
  accountBytes,
  inlineVerifier,
  keySigner,
  type Ledger,
  ledgerId,
  type PayerCoverage,
} from '@millrace/voucher'
import { type BeaconSide, encodeBeacon } from '@millrace/wire'
import { describe, expect, it } from 'vitest'
import { BeaconDesk } from './beacon-desk.ts'

const domain = {
  chainId: 19_990n,
  verifyingContract: `0x${'5a'.repeat(20)}` as const,
  genesisHash: new Uint8Array(32).fill(7),
}
const infoHash = new Uint8Array(20).fill(1)
const torrent = toHex(infoHash)
const signerOf = (n: number) => keySigner(new Uint8Array(32).fill(n))
const self = signerOf(1)
const wants: BeaconSide = { kind: 'buy', wantedBytesPerSecond: 1 << 20, priceMaxPerMiB: oneBtt, budgetBits: 60 }
const sells: BeaconSide = {
  ...{ kind: 'sell', pricePerMiB: oneBtt, askPerMiB: btt(7n), freeSharePpm: 0 },
  ...{ soldBytesPerSecond: 0, demandBytesPerSecond: 0 },
}

/** A ledger that knows deposits, and notes who is followed. */
function ledgerWith(deposits: ReadonlyMap<Account, bigint>) {
  const watched = new Set<Account>()
  const coverage = (payer: Account): PayerCoverage | undefined => {
    if (!watched.has(payer)) return undefined
    const deposited = btt(deposits.get(payer) ?? 0n)
    return { deposited, withdrawn: zeroBtt, planned: zeroBtt, paidOut: zeroBtt }
  }
  const ledger: Ledger = {
    domain,
    coverage,
    cashed: () => zeroBtt,
    watch: async (payer) => void watched.add(payer),
    unwatch: (payer) => void watched.delete(payer),
    onBlock: () => () => {},
    depositFor: async () => {},
    cash: async () => [],
  }
  return { ledger, watched }
}

function deskWith(deposits: ReadonlyMap<Account, bigint>, trading: readonly Account[] = []) {
  const { ledger, watched } = ledgerWith(deposits)
  const isTrading = (account: Account): boolean => trading.includes(account)
  const parts = { ledger, signer: self, verifier: inlineVerifier, logger: silentLogger, isTrading }
  return { desk: new BeaconDesk(parts), watched }
}

async function beaconOf(key: number, side: BeaconSide, seq = 1): Promise<Uint8Array> {
  const signer = signerOf(key)
  const unsigned = {
    ...{ infoHash, ledger: ledgerId(domain), account: accountBytes(signer.account), seq, side },
    ...{ issuedAtSeconds: Math.floor(Date.now() / 1000), lifeSeconds: 600 },
  }
  return encodeBeacon({ ...unsigned, signature: await signer.signBeacon(domain, unsigned) })
}

const carried = (...all: readonly Uint8Array[]) => all.map((bytes) => ({ torrent, bytes }))

describe('the beacons of a node', () => {
  it('count for who has a deposit, and follow nobody else', async () => {
    const rich = signerOf(2).account
    const { desk, watched } = deskWith(new Map([[rich, 10n ** 20n]]))
    const counts = await desk.read(carried(await beaconOf(2, wants), await beaconOf(3, wants), new Uint8Array(5)))
    expect(counts).toEqual({ admitted: 2, unreadable: 1 })
    const { demands } = (await desk.markets([infoHash])).get(torrent) ?? {}
    expect(demands).toEqual([{ wantedBytesPerSecond: 1 << 20, priceMaxPerMiB: oneBtt, budget: 1n << 60n }])
    expect([...watched]).toEqual([rich])
  })

  it('tell rivals that hold money from names', async () => {
    const { desk } = deskWith(new Map([[signerOf(2).account, 1n]]))
    await desk.read(carried(await beaconOf(2, sells), await beaconOf(3, sells)))
    expect((await desk.markets([infoHash])).get(torrent)?.rivals).toEqual([
      { askPerMiB: 7n, isBacked: true },
      { askPerMiB: 7n, isBacked: false },
    ])
  })

  it('of its own are made to be read by others, rise, and are overlooked by itself', async () => {
    const mine = deskWith(new Map([[self.account, 10n ** 20n]])).desk
    const first = await mine.make(infoHash, wants)
    const second = await mine.make(infoHash, { ...wants, wantedBytesPerSecond: 5 })
    expect(await mine.read(carried(first))).toEqual({ own: 1 })
    const parts = { signer: signerOf(9), verifier: inlineVerifier, logger: silentLogger, isTrading: () => false }
    const theirs = new BeaconDesk({ ...parts, ledger: ledgerWith(new Map([[self.account, 10n ** 20n]])).ledger })
    expect(await theirs.read(carried(second, first))).toEqual({ admitted: 1, 'not-rising': 1 })
    const { demands } = (await theirs.markets([infoHash])).get(torrent) ?? {}
    expect(demands?.map(({ wantedBytesPerSecond }) => wantedBytesPerSecond)).toEqual([5])
  })

  it('let go of who went dark, but never of a payer that trades', async () => {
    const [a, b] = [signerOf(2).account, signerOf(3).account]
    const { desk, watched } = deskWith(
      new Map([
        [a, 9n],
        [b, 9n],
      ]),
      [b],
    )
    await desk.read(carried(await beaconOf(2, wants), await beaconOf(3, wants)))
    watched.add(b) // the desk's own trade does
    await desk.markets([infoHash])
    expect([...watched].sort()).toEqual([a, b].sort())
    await desk.markets([])
    expect([...watched]).toEqual([b])
  })

  it('are looked up in turn: a crowd without money keeps nobody out', async () => {
    const rich = signerOf(250).account
    const { desk } = deskWith(new Map([[rich, 9n]]))
    const crowd = Array.from({ length: 249 }, (_, i) => i + 1).filter((key) => signerOf(key).account !== self.account)
    const beacons = await Promise.all([...crowd, 250].map((key) => beaconOf(key, wants)))
    expect(await desk.read(carried(...beacons))).toEqual({ admitted: 249 })
    expect((await desk.markets([infoHash])).get(torrent)?.demands).toEqual([])
    expect((await desk.markets([infoHash])).get(torrent)?.demands).toHaveLength(1)
  })

  it('given for another torrent than they name are not read', async () => {
    const { desk } = deskWith(new Map())
    expect(await desk.read([{ torrent: '0'.repeat(40), bytes: await beaconOf(2, wants) }])).toEqual({ unreadable: 1 })
  })
})
