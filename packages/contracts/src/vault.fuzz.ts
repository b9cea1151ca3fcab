/** Random histories of deposits, plans, withdrawals and cashings on the real EVM against a model of a few lines. */

import { maxBig, minBig } from '@millrace/base'
import fc from 'fast-check'
import type { Hex } from 'viem'
import { expect, test } from 'vitest'
import { testKey } from '../testing/evm.ts'
import { delaySeconds, type SignedFields, VaultWorld } from '../testing/vault-world.ts'

const keys = [testKey(0), testKey(1), testKey(2)] as const
const key = fc.constantFrom(...keys)
const amount = fc.bigInt(1n, 60n)
const zero: Hex = `0x${'00'.repeat(20)}`

interface Books {
  balance: bigint
  deposited: bigint
  paidOut: bigint
  withdrawn: bigint
  planned: bigint
  plannedAt: bigint
}

interface Model {
  readonly books: Map<Hex, Books>
  readonly cashed: Map<string, bigint>
  /** Largest cumulative sum that a payer signed for a payee. */
  readonly signed: Map<string, bigint>
  leftTheVault: bigint
}

type Key = (typeof keys)[number]
type Run = fc.AsyncCommand<Model, VaultWorld>

function bookOf(model: Model, address: Hex): Books {
  let books = model.books.get(address)
  if (books === undefined) {
    books = { balance: 0n, deposited: 0n, paidOut: 0n, withdrawn: 0n, planned: 0n, plannedAt: 0n }
    model.books.set(address, books)
  }
  return books
}

/** The promises of the vault, after every single step. */
async function check(model: Model, world: VaultWorld): Promise<void> {
  let balances = 0n
  let deposited = 0n
  let paidOut = 0n
  let withdrawn = 0n
  for (const { address } of keys) {
    const books = await world.books(address)
    expect(books).toEqual(bookOf(model, address))
    expect(books.deposited).toBe(books.balance + books.paidOut + books.withdrawn)
    balances += books.balance
    deposited += books.deposited
    paidOut += books.paidOut
    withdrawn += books.withdrawn
    for (const other of keys) {
      const pair = address + other.address
      const cashed = (await world.read('cashed', [address, other.address])) as bigint // one word by the abi
      expect(cashed).toBe(model.cashed.get(pair) ?? 0n)
      expect(cashed <= (model.signed.get(pair) ?? 0n)).toBe(true)
    }
  }
  expect(await world.evm.balanceOf(world.vault)).toBe(balances)
  expect(deposited).toBe(balances + paidOut + withdrawn)
}

function command(name: string, run: (model: Model, world: VaultWorld) => Promise<void>): Run {
  return {
    check: () => true,
    run: async (model, world) => {
      await run(model, world)
      await check(model, world)
    },
    toString: () => name,
  }
}

const deposit = (from: Key, to: Key, value: bigint) =>
  command(`deposit ${value} for ${to.address}`, async (model, world) => {
    expect((await world.call(from, 'depositFor', [to.address], value)).revert).toBeUndefined()
    const books = bookOf(model, to.address)
    books.balance += value
    books.deposited += value
  })

const plan = (who: Key, value: bigint) =>
  command(`plan ${value} of ${who.address}`, async (model, world) => {
    await world.call(who, 'planWithdraw', [value])
    const books = bookOf(model, who.address)
    books.planned = value
    books.plannedAt = value === 0n ? 0n : world.evm.time
  })

const wait = (seconds: bigint) =>
  command(`wait ${seconds} s`, async (_model, world) => {
    world.evm.time += seconds
  })

const withdraw = (who: Key) =>
  command(`withdraw of ${who.address}`, async (model, world) => {
    const books = bookOf(model, who.address)
    const outcome = await world.call(who, 'withdraw', [who.address])
    const allowed = books.planned > 0n && world.evm.time >= books.plannedAt + delaySeconds
    expect(outcome.revert === undefined).toBe(allowed)
    if (!allowed) return
    const leaving = minBig(books.planned, books.balance)
    books.balance -= leaving
    books.withdrawn += leaving
    books.planned = 0n
    books.plannedAt = 0n
    model.leftTheVault += leaving
  })

interface Entry {
  readonly payer: Key
  readonly payee: Key
  readonly cumulative: bigint
  readonly forged: boolean
}

const cashMany = (caller: Key, entries: readonly Entry[], outside: boolean) =>
  command(`cash ${entries.length} by ${caller.address} ${outside ? 'out' : 'in'}`, async (model, world) => {
    const vouchers: SignedFields[] = []
    let total = 0n
    const credits: [Hex, bigint][] = []
    for (const { payer, payee, cumulative, forged } of entries) {
      const fields = { payer: payer.address, payee: payee.address, cumulative, seq: 1n, totalIssued: cumulative }
      vouchers.push(await world.sign(forged ? testKey(9) : payer, fields))
      if (forged || payer === payee || (outside && payee !== caller)) continue
      const pair = payer.address + payee.address
      model.signed.set(pair, maxBig(model.signed.get(pair) ?? 0n, cumulative))
      const before = model.cashed.get(pair) ?? 0n
      const from = bookOf(model, payer.address)
      if (cumulative <= before) continue
      const paid = minBig(cumulative - before, from.balance)
      model.cashed.set(pair, before + paid)
      from.balance -= paid
      from.paidOut += paid
      total += paid
      // A run of vouchers to one payee is credited at its end: later entries of the run cannot spend it yet.
      if (credits.at(-1)?.[0] !== payee.address && paid > 0n) flush(model, credits, outside)
      if (paid > 0n) credits.push([payee.address, paid])
    }
    flush(model, credits, outside)
    const outcome = await world.call(caller, 'cashMany', [vouchers, outside ? caller.address : zero])
    expect(outcome.revert).toBeUndefined()
    expect(BigInt(outcome.data)).toBe(total)
  })

function flush(model: Model, credits: [Hex, bigint][], outside: boolean): void {
  for (const [payee, paid] of credits.splice(0)) {
    if (outside) {
      model.leftTheVault += paid
      continue
    }
    const books = bookOf(model, payee)
    books.balance += paid
    books.deposited += paid
  }
}

const entry = fc.record({
  payer: key,
  payee: key,
  cumulative: fc.bigInt(1n, 200n),
  forged: fc.constantFrom(false, false, false, true),
})

test('the vault keeps its promises through random histories', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.commands(
        [
          fc.tuple(key, key, amount).map((args) => deposit(...args)),
          fc.tuple(key, fc.bigInt(0n, 60n)).map((args) => plan(...args)),
          fc.constantFrom(1n, delaySeconds - 1n, delaySeconds).map(wait),
          key.map(withdraw),
          fc.tuple(key, fc.array(entry, { maxLength: 4 }), fc.boolean()).map((args) => cashMany(...args)),
        ],
        { maxCommands: 25 },
      ),
      async (commands) => {
        const world = await VaultWorld.create(keys)
        const model: Model = { books: new Map(), cashed: new Map(), signed: new Map(), leftTheVault: 0n }
        await fc.asyncModelRun(() => ({ model, real: world }), commands)
      },
    ),
    { numRuns: 100, interruptAfterTimeLimit: 4_000 },
  )
})
