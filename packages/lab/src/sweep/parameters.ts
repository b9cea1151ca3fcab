/** What of a scenario a sweep can turn, by name. Each gives a new scenario and leaves the old as it was. */

import type { PeerClass, Quantity, Scenario } from '../scenario.ts'
import { SweepError } from './sweep-error.ts'

export interface SweepParameter {
  readonly name: string
  readonly title: string
  readonly unit?: string
  readonly min: number
  readonly max: number
  readonly isWhole?: true
  apply(scenario: Scenario, value: number): Scenario
}

const mib = 1_048_576
const timesMax = 1_000
const millionths = 1_000_000

export const sweepParameters: readonly SweepParameter[] = [
  {
    name: 'freeShare',
    title: 'free share',
    unit: '%',
    min: 0,
    max: 100,
    apply: (scenario, value) =>
      someClasses(scenario, 'freeShare', 'one that sells', (plan) => {
        const { sells } = plan
        return sells && { ...plan, sells: { ...sells, freeSharePpm: Math.round(value * 10_000) } }
      }),
  },
  {
    name: 'riders',
    title: 'free riders',
    unit: '% of who come',
    min: 0,
    max: 100,
    apply: (scenario, value) =>
      withPart(scenario, 'riders', 'one of free riders', ({ behaviour }) => behaviour.kind === 'free-rider', value),
  },
  {
    name: 'payers',
    title: 'payers',
    unit: '% of who come',
    min: 0,
    max: 100,
    apply: (scenario, value) => withPart(scenario, 'payers', 'one that pays', ({ pays }) => pays !== undefined, value),
  },
  {
    name: 'demand',
    title: 'those who come',
    unit: 'times',
    min: 0.01,
    max: timesMax,
    apply: (scenario, value) =>
      someClasses(scenario, 'demand', 'one that comes for the content', (plan) =>
        comes(plan) ? counted(plan, Math.round(plan.count * value)) : undefined,
      ),
  },
  {
    name: 'ask',
    title: 'ask',
    unit: 'times',
    min: 0.001,
    max: timesMax,
    apply: (scenario, value) =>
      someClasses(scenario, 'ask', 'one that sells', (plan) => {
        const { sells } = plan
        return sells && { ...plan, sells: { ...sells, askPerMiB: times(sells.askPerMiB, value) } }
      }),
  },
  {
    name: 'spend',
    title: 'bids',
    unit: 'times',
    min: 0.001,
    max: timesMax,
    apply: (scenario, value) =>
      someClasses(scenario, 'spend', 'one that pays', (plan) => {
        const { pays } = plan
        return pays && { ...plan, pays: { ...pays, spendPerSecond: times(pays.spendPerSecond, value) } }
      }),
  },
  {
    name: 'upload',
    title: 'upload of all',
    unit: 'times',
    min: 0.01,
    max: timesMax,
    apply: (scenario, value) =>
      someClasses(scenario, 'upload', 'one', (plan) => ({
        ...plan,
        uploadBytesPerSecond: scaled(plan.uploadBytesPerSecond, value),
        ...(plan.lineBytesPerSecond === undefined ? {} : { lineBytesPerSecond: plan.lineBytesPerSecond * value }),
      })),
  },
  {
    name: 'seeding',
    title: 'seeding after completion',
    unit: 's',
    min: 0,
    max: 1_000_000,
    apply: (scenario, value) =>
      someClasses(scenario, 'seeding', 'one that comes for the content', (plan) =>
        comes(plan) ? { ...plan, departure: { ...plan.departure, seedSeconds: value } } : undefined,
      ),
  },
  {
    name: 'slots',
    title: 'unchoke slots',
    min: 0,
    max: 1_000,
    isWhole: true,
    apply: (scenario, value) => ({ ...scenario, unchokeSlots: value }),
  },
  {
    name: 'content',
    title: 'content',
    unit: 'MiB',
    min: 0.125,
    max: 1_048_576,
    apply: (scenario, value) => ({ ...scenario, contentBytes: Math.round(value * mib) }),
  },
]

/** @throws SweepError when nothing is called so */
export function findParameter(name: string): SweepParameter {
  const found = sweepParameters.find((parameter) => parameter.name === name)
  if (found !== undefined) return found
  const known = sweepParameters.map((parameter) => parameter.name).join(', ')
  throw new SweepError('bad-parameter', `no parameter is called ${JSON.stringify(name)}: expected one of ${known}`)
}

/** Changes the classes that `change` answers; there must be one. */
function someClasses(
  scenario: Scenario,
  name: string,
  needed: string,
  change: (plan: PeerClass) => PeerClass | undefined,
): Scenario {
  const changed = scenario.classes.map(change)
  if (changed.every((plan) => plan === undefined)) throw lacking(scenario, name, needed)
  return { ...scenario, classes: scenario.classes.map((plan, i) => changed[i] ?? plan) }
}

/** Gives a part of those who come to some classes and the rest to the others, each in the proportion it had. */
function withPart(
  scenario: Scenario,
  name: string,
  needed: string,
  isMember: (plan: PeerClass) => boolean,
  percent: number,
): Scenario {
  const comers = scenario.classes.filter(comes)
  const members = comers.filter(isMember)
  const others = comers.filter((plan) => !isMember(plan))
  if (members.length === 0 || others.length === 0) throw lacking(scenario, name, `${needed}, and another`)
  const all = total(comers)
  const count = Math.round((all * percent) / 100)
  const counts = new Map([...apportioned(members, count), ...apportioned(others, all - count)])
  return { ...scenario, classes: scenario.classes.map((plan) => counted(plan, counts.get(plan) ?? plan.count)) }
}

/** By the largest remainders, the first class first where they are equal. */
function apportioned(classes: readonly PeerClass[], count: number): ReadonlyMap<PeerClass, number> {
  const whole = total(classes)
  const exact = classes.map((plan) => (whole === 0 ? count / classes.length : (plan.count * count) / whole))
  const counts = exact.map(Math.floor)
  const order = exact.map((_, i) => i).sort((a, b) => rest(exact[b]) - rest(exact[a]) || a - b)
  const missing = count - counts.reduce((sum, part) => sum + part, 0)
  for (const i of order.slice(0, missing)) counts[i] = (counts[i] ?? 0) + 1
  return new Map(classes.map((plan, i) => [plan, counts[i] ?? 0]))
}

/** So many, over the same while. */
function counted(plan: PeerClass, count: number): PeerClass {
  const { arrival } = plan
  if (arrival.kind !== 'poisson' || plan.count === 0 || count === 0) return { ...plan, count }
  return { ...plan, count, arrival: { ...arrival, perSecond: (arrival.perSecond * count) / plan.count } }
}

function lacking({ name: scenario }: Scenario, name: string, needed: string): SweepError {
  return new SweepError('bad-parameter', `${name}: ${scenario} has no class it could change; expected ${needed}`)
}

function comes({ has }: PeerClass): boolean {
  return has === 'nothing'
}

function total(classes: readonly PeerClass[]): number {
  return classes.reduce((sum, { count }) => sum + count, 0)
}

function rest(value = 0): number {
  return value - Math.floor(value)
}

/** An amount so many times, to the millionth; rounded down. */
function times(amount: string, factor: number): string {
  return String((BigInt(amount) * BigInt(Math.round(factor * millionths))) / BigInt(millionths))
}

function scaled(quantity: Quantity, factor: number): Quantity {
  if (typeof quantity === 'number') return quantity * factor
  if ('min' in quantity) return { min: quantity.min * factor, max: quantity.max * factor }
  return { oneOf: quantity.oneOf.map((value) => value * factor) }
}
