/** Ways in which one person who is payer and payee at once may try to get more out of the pool than is lost on the way. */

import { concat, type Hex, numberToHex, size } from 'viem'
import type { PrivateKeyAccount } from 'viem/accounts'
import { issueAddresses } from '../src/index.ts'
import { testKey } from './evm.ts'
import { btt, type IncentiveWorld } from './incentive-world.ts'

export const boss = testKey(0)
export const sybils = Array.from({ length: 20 }, (_, i) => testKey(i + 1))
export const coalition = [boss, ...sybils]

/** Makes the attempt; `coalition` has money, the pool too. */
export type Attack = (world: IncentiveWorld) => Promise<void>

const rounds = 6
const deposit = 10_000n * btt
const slots = 100

export const attacks: Readonly<Record<string, Attack>> = {
  'one other hand, the same money round and round': async (world) => {
    const [hand = boss] = sybils
    await world.deposit(hand, deposit)
    for (let round = 0; round < rounds; round++) {
      await world.cashInPool(boss, [await world.voucher(hand, boss.address, 1_000n * btt)])
      await world.cashInPool(boss, [await world.voucher(boss, hand.address, 1_000n * btt)])
    }
  },
  'twenty other hands in large batches': async (world) => {
    for (const hand of sybils) await world.deposit(hand, deposit)
    for (let round = 0; round < rounds; round++) await world.cashInPool(boss, await vouchersOf(world, 100n))
  },
  'its other hands are backed, in full and for as long as it pays': async (world) => {
    for (const hand of sybils) {
      await world.deposit(hand, deposit)
      await world.back(boss, hand.address, 10n * btt)
    }
    const names = sybils.map(({ address }) => address)
    for (let round = 0; round < rounds; round++) await world.cashInPool(boss, await vouchersOf(world, 100n), names)
    await world.claim(boss, boss.address, names)
  },
  'cashed at the vault, then claimed again and again, by everybody': async (world) => {
    const [hand = boss, other = boss] = sybils
    await world.deposit(hand, deposit)
    await world.back(boss, hand.address, 1_000n * btt)
    for (const payee of [boss, other]) {
      await world.cashInVault(payee, [await world.voucher(hand, payee.address, 4_000n * btt)])
      for (let round = 0; round < rounds; round++) await world.claim(payee, payee.address, [hand.address, hand.address])
    }
  },
  'much gas for little: vouchers that are skipped': async (world) => {
    const [hand = boss] = sybils
    await world.deposit(hand, deposit)
    for (let round = 0; round < rounds; round++) {
      const voucher = await world.voucher(hand, boss.address, 1_000n * btt)
      await world.cashInPool(boss, [voucher, ...Array.from({ length: 30 }, () => voucher)])
    }
  },
  'gas that is given back: storage cleared around the call': async (world) => {
    const contract = await world.evm.deploy(boss, creationOf(stuffedCaller))
    for (const hand of sybils) await world.deposit(hand, deposit)
    await world.back(boss, sybils[0]?.address ?? boss.address, 100n * btt)
    for (let round = 0; round < rounds; round++) {
      await world.send(boss, contract, 0n, '0x')
      const data = world.pool.encode('cashMany', [await vouchersOf(world, 100n), addresses(sybils)])
      await world.send(boss, contract, 0n, data)
    }
  },
  'a tip of a thousand times the price': async (world) => {
    const { evm } = world
    for (const hand of sybils) await world.deposit(hand, deposit)
    evm.tip *= 1_000n
    for (let round = 0; round < rounds; round++) await world.cashInPool(boss, await vouchersOf(world, 100n))
  },
  'a day for each, so that no limit holds': async (world) => {
    const { evm } = world
    for (const hand of sybils) {
      await world.deposit(hand, deposit)
      await world.back(hand, hand.address, 100n * btt)
    }
    for (let round = 0; round < rounds; round++) {
      evm.time += 86_400n
      const names = sybils.map(({ address }) => address)
      await world.cashInPool(boss, await vouchersOf(world, 500n), names)
    }
  },
}

/** A voucher of each other hand, worth this many BTT. */
export function vouchersOf(world: IncentiveWorld, worth: bigint) {
  return Promise.all(sybils.map((hand) => world.voucher(hand, boss.address, worth * btt)))
}

/**
 * Writes 1 into many slots when it is called with nothing, 0 otherwise, which gives gas back; then calls the pool with what
 * it was called with.
 */
export const stuffedCaller: Hex = concat([
  // CALLDATASIZE ISZERO PUSH1 slot SSTORE
  ...Array.from({ length: slots }, (_, slot): Hex => `0x361560${numberToHex(slot, { size: 1 }).slice(2)}55`),
  callPool(),
])

/** The same without the slots. */
export const plainCaller: Hex = callPool()

/** Calls the pool with the calldata and drops the answer. */
function callPool(): Hex {
  // CALLDATASIZE PUSH0 PUSH0 CALLDATACOPY; PUSH0 PUSH0 CALLDATASIZE PUSH0 PUSH0 PUSH20 pool GAS CALL POP
  return `0x365f5f37${'5f5f365f5f'}73${issueAddresses.incentives.slice(2)}5af150`
}

/** Creation code that puts this code there. */
export function creationOf(code: Hex): Hex {
  // PUSH2 size DUP1 PUSH1 10 PUSH0 CODECOPY PUSH0 RETURN: 10 bytes, behind which the code stands.
  return concat(['0x61', numberToHex(size(code), { size: 2 }), '0x80600a5f395ff3', code])
}

export function addresses(accounts: readonly PrivateKeyAccount[]): readonly Hex[] {
  return accounts.map(({ address }) => address)
}
