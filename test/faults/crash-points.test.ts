/** kill -9 at every crash point there is: whoever dies goes on from its books, and nobody loses more than the bounds. */

import { crashPoints } from '@millrace/base'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fillLog, loseAfterLastMark } from '../support/books.ts'
import { removeFolder } from '../support/content.ts'
import {
  CrashWorld,
  downloadsMax,
  expectDeath,
  expectEnd,
  type Fatal,
  leave,
  payloadBytes,
  sellerAddress,
} from '../support/crash-world.ts'
import { startChain } from '../support/economy.ts'
import { untilBytes } from '../support/millrace.ts'
import { deposit, freshKey } from '../support/money-proofs.ts'
import { stopAll } from '../support/processes.ts'
import type { Seeder } from '../support/swarm.ts'

/** So little is left in a log that a few facts fold it. */
const foldRoomBytes = 1_500

/** Who dies where, at which pass. Together these are all points there are: the last test compares. */
const deaths = {
  depositing: ['transaction.signed', 'transaction.sent', 'transaction.mined'],
  paying: [
    'books.locked',
    'payer.mark-wanted',
    'payer.mark-synced',
    'payer.signed:3',
    'payer.issued:3',
    'payer.sent:3',
  ],
  watching: ['payer.cashing-heard'],
  folding: ['books.snapshot-begun', 'books.snapshot-written', 'books.snapshot-renamed', 'books.log-begun'],
  claiming: ['payer.claim-heard', 'payer.claim-adopted'],
  leaving: ['books.settled', 'books.exported'],
  selling: ['payee.voucher-checked:3', 'payee.voucher-accepted:3', 'payee.stated:3', 'payee.bill-noted:3'],
  lending: ['payee.loss-known', 'payee.loss-noted'],
  cashing: ['payee.cashing-begun', 'transaction.signed', 'transaction.sent', 'transaction.mined', 'payee.cashed'],
  withdrawing: ['transaction.signed', 'transaction.sent', 'transaction.mined'],
  genesis: ['chain.built', 'chain.committed', 'chain.built:2', 'chain.committed:2'],
  mining: ['chain.admitted', 'chain.built', 'chain.committed'],
} satisfies Record<string, readonly Fatal[]>

const worlds: CrashWorld[] = []
afterAll(async () => {
  await stopAll()
  for (const world of worlds) await world.close()
})

/** Tests of one chain and its books, one after another and beside those of the other lanes: most of them wait. */
function lane(name: string, tests: (world: () => CrashWorld) => void): void {
  describe.concurrent(`promise 7: ${name}`, { timeout: 180_000 }, () => {
    let world: CrashWorld | undefined
    beforeAll(async () => {
      world = await CrashWorld.open(name)
      worlds.push(world)
    })
    tests(() => {
      if (world === undefined) throw new Error('no chain')
      return world
    })
  })
}

function buyerLane(name: string, tests: (world: () => CrashWorld, seller: () => Seeder) => void): void {
  lane(name, (world) => {
    let seller: Seeder | undefined
    const running = (): Seeder => {
      if (seller === undefined) throw new Error('no seller')
      return seller
    }
    beforeAll(async () => {
      seller = await world().sell()
      await expectEnd(await world().buy('first', seller))
    })
    tests(world, running)
    it.sequential('its seller can cash all that it accepted', async () => {
      await leave(running())
      world().expectAllCashed()
      await world().expectAgreement()
    })
  })
}

async function dieBuying(world: CrashWorld, seller: Seeder, fatal: Fatal): Promise<void> {
  const before = world.books()
  const downloads = await world.dieBuying(fatal, seller, fatal)
  world.expectBalance()
  await expectEnd(await world.buy(fatal, seller))
  await world.expectDownload(fatal, before, { downloads })
}

buyerLane('a buyer', (world, seller) => {
  it.sequential.each(deaths.depositing)('dies at %s and deposits once', async (fatal) => {
    const before = await world().buyerTransactions()
    await dieBuying(world(), seller(), fatal)
    expect(await world().buyerTransactions()).toBe(before + 1)
  })

  it.sequential.each(deaths.paying)('dies at %s and goes on', (fatal) => dieBuying(world(), seller(), fatal))

  it.sequential.each(deaths.watching)('dies at %s and goes on', async (fatal) => {
    const before = world().books()
    const dying = await world().buy(fatal, seller(), fatal, '--stay')
    await Promise.race([untilBytes(dying, payloadBytes / 2), dying.ended])
    // Sellers look at each block whether cashing pays; on a quiet chain somebody has to make one.
    while (!dying.isOver) await deposit(world().chain, freshKey().address, 1n)
    await expectDeath(dying)
    await expectEnd(await world().buy(fatal, seller()))
    await world().expectDownload(fatal, before)
  })
})

buyerLane('a buyer with old books', (world, seller) => {
  it.sequential.each(deaths.claiming)('loses vouchers in a power cut, dies at %s and pays them', async (fatal) => {
    const before = world().books()
    const downloads = await world().dieBuying(fatal, seller(), 'payer.sent:6')
    loseAfterLastMark(before.buyer?.folder ?? '')
    expect(world().books().buyer?.issued).toBeLessThan(world().books().seller?.accepted ?? 0n)
    const more = await world().dieBuying(fatal, seller(), fatal)
    // A whole download: there are statements in it, and one says what the seller holds.
    await expectEnd(await world().buy(`${fatal}-again`, seller()))
    await world().expectDownload(`${fatal}-again`, before, { downloads: downloads + more, kills: 2n })
    expect(world().books().buyer?.issued).toBeGreaterThanOrEqual(world().books().seller?.accepted ?? 0n)
  })

  it.sequential.each(deaths.folding)('dies at %s and goes on', async (fatal) => {
    await fillLog(world().books().buyer?.folder ?? '', foldRoomBytes)
    await dieBuying(world(), seller(), fatal)
  })

  it.sequential.each(deaths.leaving)('dies at %s and goes on', (fatal) => dieBuying(world(), seller(), fatal))
})

/** The seller dies while it sells, or when it is told to go after the download. */
async function dieSelling(world: CrashWorld, fatal: Fatal): Promise<void> {
  const before = world.books()
  for (let downloads = 1n; ; downloads++) {
    const first = await world.sell(fatal)
    const buyer = await world.buy(fatal, first)
    await Promise.race([buyer.ended, first.running.ended])
    if (!first.running.isOver) first.running.child.kill('SIGINT')
    const { signal } = await first.running.end(60_000)
    world.expectBalance()
    if (signal !== 'SIGKILL') {
      // Too little was sold for the point to be reached: another download.
      expect(downloads, first.running.printed).toBeLessThan(downloadsMax)
      await expectEnd(buyer)
      removeFolder(world.swarm.out(fatal))
      continue
    }
    const again = await world.sell(undefined, first.port)
    await expectEnd(buyer)
    await leave(again)
    await world.expectDownload(fatal, before, { downloads })
    return world.expectAllCashed()
  }
}

lane('a seller', (world) => {
  it.sequential.each(deaths.selling)('dies at %s and goes on', (fatal) => dieSelling(world(), fatal))

  it.sequential.each(deaths.lending)('whose buyer died, dies at %s and lost no more than it lent', async (fatal) => {
    const before = world().books()
    const first = await world().sell(fatal)
    // It pays nothing ahead: what the voucher that is not sent would have paid is a debt.
    const downloads = await world().dieBuying(fatal, first, 'payer.signed:3', '--prepay', '0')
    await expectDeath(first.running)
    world().expectBalance()
    const again = await world().sell(undefined, first.port)
    await expectEnd(await world().buy(fatal, again))
    await leave(again)
    await world().expectDownload(fatal, before, { downloads, isLent: true })
    world().expectAllCashed()
  })
})

lane('a seller that leaves', (world) => {
  it.sequential.each(deaths.cashing)('dies at %s and cashes later', (fatal) => dieSelling(world(), fatal))
  it.sequential.each(deaths.leaving)('dies at %s and has cashed', (fatal) => dieSelling(world(), fatal))

  it.sequential.each(deaths.withdrawing)('dies at %s of a withdrawal and withdraws once', async (fatal) => {
    await deposit(world().chain, sellerAddress, 10n ** 18n)
    const before = (await world().sellerInVault()).withdrawn
    await expectDeath(world().withdraw(fatal))
    // What was sent is not asked for again: that would be another plan.
    if (fatal === 'transaction.signed') await expectEnd(world().withdraw())
    await world().untilDue()
    await expectDeath(world().withdraw(fatal))
    if (fatal === 'transaction.signed') await expectEnd(world().withdraw())
    await world().untilWithdrawn(before + 10n ** 18n)
    await world().expectAgreement()
  })
})

lane('a chain of deposits', (world) => {
  it.sequential.each(deaths.mining)('dies at %s of a deposit and has it when it is back', async (fatal) => {
    const before = world().books()
    const first = await world().sell()
    await world().restartChain(fatal)
    const buyer = await world().buy(fatal, first)
    await expectDeath(world().chain.running)
    await world().restartChain()
    await expectEnd(buyer)
    await leave(first)
    await world().expectDownload(fatal, before)
    world().expectAllCashed()
  })
})

lane('a chain of cashings', (world) => {
  it.sequential.each(deaths.mining)('dies at %s of a cashing and has it when it is back', async (fatal) => {
    const before = world().books()
    const out = `cashing-${fatal}`
    const first = await world().sell()
    await expectEnd(await world().buy(out, first))
    await world().restartChain(fatal)
    first.running.child.kill('SIGINT')
    await expectDeath(world().chain.running)
    await world().restartChain()
    await expectEnd(first.running)
    await world().expectDownload(out, before)
    world().expectAllCashed()
  })

  it.sequential.each(deaths.genesis)('dies at %s, one of its first blocks, and starts again', async (fatal) => {
    const { folder } = world().swarm.home(`chain-${fatal}`)
    await expect(startChain(folder, { env: { MILLRACE_CRASH_AT: fatal } })).rejects.toThrow(/the chain ended/)
    const again = await startChain(folder)
    expect(again.vault).toBe(world().chain.vault)
    await again.running.stop('SIGTERM')
  })
})

it('promise 7: somebody died at every crash point', () => {
  const names = Object.values(deaths)
    .flat()
    .map((fatal) => fatal.split(':')[0])
  expect([...new Set(names)].sort()).toEqual([...crashPoints].sort())
})
