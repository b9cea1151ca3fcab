/** One that signs thirty times what its vault holds, and tells every seller the same covered sum. */

import { type Btt, btt } from '@millrace/base'
import type { SwarmRun } from '../../swarm-run.ts'
import { gasOf, weiPerGas } from '../gas.ts'
import { amountOf, bttOf, meanSeconds, peersOf, sumOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import { type Cast, runArena } from './arena.ts'
import { SellerWatch } from './seller-watch.ts'

const deposit = 20
const spend = 8
const budget = 600
const sellers = 6
/** 16 MiB stand for 16 GiB, so that sums stand to gas as they would. */
const scale = 1_024

interface Arm {
  readonly name: string
  readonly kind: 'taker' | 'defaulter'
  readonly cashEverySeconds?: number
  /** Sellers cash by the client's rule and watch the chain; the attacker's bond in deposits. */
  readonly bondDeposits?: number
  readonly scale?: number
}

const arms: readonly Arm[] = [
  { name: 'honest, same deposit', kind: 'taker' },
  { name: 'lies, cashed at the end', kind: 'defaulter' },
  { name: 'lies, cashed each 30 s', kind: 'defaulter', cashEverySeconds: 30 },
  { name: 'lies, cashed each 5 s', kind: 'defaulter', cashEverySeconds: 5 },
  { name: 'small sums, client’s rule', kind: 'defaulter', bondDeposits: 0 },
  { name: 'large sums, cashed at the end', kind: 'defaulter', scale },
  { name: 'large sums, client’s rule', kind: 'defaulter', bondDeposits: 0, scale },
  { name: 'large sums, bond of 1 deposit', kind: 'defaulter', bondDeposits: 1, scale },
  { name: 'large sums, bond of 5 deposits', kind: 'defaulter', bondDeposits: sellers - 1, scale },
]

export const defaulter: Study = {
  name: 'defaulter',
  title:
    'A defaulter that signs 30 times its deposit; sellers cash never, slowly, often and by the client’s rule, with a bond or none',
  source: 'the vault without a bond: vouchers that are not cashed are a loan',
  arms: arms.map(({ name }) => name),
  measures: [
    { key: 'seconds', title: 'attacker done after', unit: 's' },
    { key: 'payerSeconds', title: 'honest payer done after', unit: 's' },
    { key: 'paid', title: 'attacker paid', unit: 'BTT' },
    { key: 'stolen', title: 'promised and not covered', unit: 'BTT' },
    { key: 'bound', title: 'its bound: the deposit at each seller but one', unit: 'BTT' },
    { key: 'worst', title: 'most that one seller lost to it', unit: 'BTT' },
    { key: 'lost', title: 'billed and never promised', unit: 'BTT' },
    { key: 'provenSecond', title: 'its lie was proven at second', digits: 0 },
    { key: 'slashed', title: 'its bond that was slashed', unit: 'BTT' },
    { key: 'compensated', title: 'of that, paid to sellers', unit: 'BTT' },
    { key: 'profit', title: 'profit: not covered, less the bond and the gas of deposit and bond', unit: 'BTT' },
  ],
  headline: 'profit',
  seedsDefault: 5,
  run: (seed) => Object.fromEntries(arms.map((arm) => [arm.name, read(seed, arm)])),
}

function read(seed: number, arm: Arm): Reading {
  const { kind, bondDeposits, scale: amountScale = 1 } = arm
  const isHonest = kind === 'taker'
  const own = deposit * amountScale
  const watch = bondDeposits === undefined ? undefined : new SellerWatch('attacker', bttBase(own * bondDeposits))
  let last: { readonly run: SwarmRun; readonly second: number } | undefined
  const onSecond = (run: SwarmRun, second: number): void => {
    last = { run, second }
    watch?.onSecond(run, second)
    if (arm.cashEverySeconds === undefined || second % arm.cashEverySeconds !== 0) return
    for (const { shop } of run.peers) for (const [payer] of shop.unclaimed()) shop.cash(payer)
  }
  const result = runArena({ seed, isMarket: true, cast: castOf(arm), amountScale, onSecond })
  const losses = peersOf(result, 'seed').map(({ revenue, cashed }) => bttOf(revenue) - bttOf(cashed))
  const [attacker] = peersOf(result, 'attacker')
  const stolen = bttOf(result.money.uncovered)
  if (last !== undefined) watch?.close(last.run, last.second)
  const slashed = bttOf(watch?.slashed ?? 0n)
  const gas = gasOf.deposit + (bondDeposits !== undefined && bondDeposits > 0 ? gasOf.bond : 0n)
  return {
    seconds: meanSeconds(result, 'attacker'),
    payerSeconds: meanSeconds(result, 'payer'),
    paid: attacker === undefined || last === undefined ? 0 : bttOf(last.run.vault.coverageOf(attacker.id).paidOut),
    stolen,
    bound: isHonest ? null : own * (sellers - 1),
    worst: Math.max(...losses),
    lost: sumOf(peersOf(result, 'seed'), ({ lost }) => bttOf(lost)),
    provenSecond: watch?.provenSecond ?? null,
    slashed: watch === undefined ? null : slashed,
    compensated: watch === undefined ? null : bttOf(watch.compensated),
    profit: isHonest ? null : stolen - slashed - bttOf(gas * weiPerGas),
  }
}

function castOf({ kind, scale: amountScale = 1 }: Arm): readonly Cast[] {
  return [
    { name: 'seed', count: sellers, upload: 256, has: 'all' },
    { name: 'payer', count: 6, spend, ask: null, behaviour: { kind: 'taker' } },
    { name: 'free', count: 6, ask: null, behaviour: { kind: 'taker' } },
    {
      name: 'attacker',
      count: 1,
      spend,
      budget: kind === 'taker' ? deposit : budget,
      deposit,
      ask: null,
      behaviour: { kind, depositBaseUnits: amountOf(deposit * amountScale) },
    },
  ]
}

function bttBase(amount: number): Btt {
  return btt(BigInt(amountOf(amount)))
}
