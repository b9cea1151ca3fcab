/** One that signs thirty times what its vault holds, and tells every seller the same covered sum. */

import type { SwarmRun } from '../../swarm-run.ts'
import { amountOf, bttOf, meanSeconds, peersOf, sumOf } from '../measuring.ts'
import type { Reading, Study } from '../study.ts'
import { type Cast, runArena } from './arena.ts'

const deposit = 20
const spend = 8
const budget = 600
const sellers = 6

const arms = [
  { name: 'honest, same deposit', kind: 'taker', cashEverySeconds: undefined },
  { name: 'lies, cashed at the end', kind: 'defaulter', cashEverySeconds: undefined },
  { name: 'lies, cashed each 30 s', kind: 'defaulter', cashEverySeconds: 30 },
  { name: 'lies, cashed each 5 s', kind: 'defaulter', cashEverySeconds: 5 },
] as const

export const defaulter: Study = {
  name: 'defaulter',
  title: 'A defaulter that signs 30 times its deposit, without a bond; sellers cash never, slowly and often',
  source: 'the vault without a bond: vouchers that are not cashed are a loan',
  arms: arms.map(({ name }) => name),
  measures: [
    { key: 'seconds', title: 'attacker done after', unit: 's' },
    { key: 'payerSeconds', title: 'honest payer done after', unit: 's' },
    { key: 'paid', title: 'attacker paid', unit: 'BTT' },
    { key: 'stolen', title: 'profit: promised and not covered', unit: 'BTT' },
    { key: 'bound', title: 'its bound: the deposit at each seller but one', unit: 'BTT' },
    { key: 'worst', title: 'most that one seller lost to it', unit: 'BTT' },
    { key: 'lost', title: 'billed and never promised', unit: 'BTT' },
  ],
  headline: 'stolen',
  seedsDefault: 5,
  run: (seed) =>
    Object.fromEntries(arms.map(({ name, kind, cashEverySeconds }) => [name, read(seed, kind, cashEverySeconds)])),
}

function read(seed: number, kind: string, cashEverySeconds: number | undefined): Reading {
  const isHonest = kind === 'taker'
  const cast: readonly Cast[] = [
    { name: 'seed', count: sellers, upload: 256, has: 'all' },
    { name: 'payer', count: 6, spend, ask: null, behaviour: { kind: 'taker' } },
    { name: 'free', count: 6, ask: null, behaviour: { kind: 'taker' } },
    {
      name: 'attacker',
      count: 1,
      spend,
      budget: isHonest ? deposit : budget,
      deposit,
      ask: null,
      behaviour: { kind, depositBaseUnits: amountOf(deposit) },
    },
  ]
  let attackerPaid = 0
  let vault: SwarmRun['vault'] | undefined
  const onSecond = (run: SwarmRun, second: number): void => {
    const { peers } = run
    vault = run.vault
    if (cashEverySeconds === undefined || second % cashEverySeconds !== 0) return
    for (const { shop } of peers) for (const [payer] of shop.unclaimed()) shop.cash(payer)
  }
  const result = runArena({ seed, isMarket: true, cast, onSecond })
  const losses = peersOf(result, 'seed').map(({ revenue, cashed }) => bttOf(revenue) - bttOf(cashed))
  const [attacker] = peersOf(result, 'attacker')
  const stolen = bttOf(result.money.uncovered)
  if (attacker !== undefined && vault !== undefined) attackerPaid = bttOf(vault.coverageOf(attacker.id).paidOut)
  return {
    seconds: meanSeconds(result, 'attacker'),
    payerSeconds: meanSeconds(result, 'payer'),
    paid: attackerPaid,
    stolen,
    bound: isHonest ? null : deposit * (sellers - 1),
    worst: Math.max(...losses),
    lost: sumOf(peersOf(result, 'seed'), ({ lost }) => bttOf(lost)),
  }
}
