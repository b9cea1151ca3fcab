/** A scenario from a file of somebody else: every field checked against named limits, refused with where it is wrong. */

import { blockBytes } from '@millrace/base'
import type { Arrival, Departure, Paying, PeerClass, Quantity, Scenario, Selling } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'

export const classesMax = 64
export const peersMax = 100_000
export const piecesMax = 65_536
const contentBytesMax = 2 ** 40
const secondsLimit = 1_000_000
const rateMin = 1_024
const rateMax = 2 ** 37
const latencyMsMax = 10_000
const connectionsLimit = 1_000
const nameLengthMax = 100
const choicesMax = 1_000
const blocksPerUnitMax = 1_024
/** A market's bucket holds 50 ms of its line: more would be lost in a longer turn. */
const turnMsMax = 50
/** Slots are looked at so often: a turn that does not divide it would make their clocks slow. */
const slotsMs = 250

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads a scenario out of parsed JSON.
 *
 * @throws ScenarioError that names the field and what was expected
 * @example
 * parseScenario(JSON.parse(text))
 */
export function parseScenario(value: unknown): Scenario {
  const it = fields(value, 'the scenario')
  const classes = list(it.classes, 'classes', classesMax).map((entry, i) => parseClass(entry, `classes[${i}]`))
  if (classes.reduce((sum, { count }) => sum + count, 0) > peersMax) wrong('classes', `at most ${peersMax} peers`)
  if (new Set(classes.map(({ name }) => name)).size < classes.length) wrong('classes', 'names that differ')
  const blocksPerUnit = whole(it.blocksPerUnit, 'blocksPerUnit', 1, blocksPerUnitMax)
  const unitBytes = blocksPerUnit * blockBytes
  const pieceBytes = whole(it.pieceBytes, 'pieceBytes', unitBytes, contentBytesMax)
  if (pieceBytes % unitBytes !== 0) wrong('pieceBytes', `a multiple of ${unitBytes}, the unit`)
  const contentBytes = whole(it.contentBytes, 'contentBytes', unitBytes, contentBytesMax)
  if (contentBytes / pieceBytes > piecesMax) wrong('pieceBytes', `at most ${piecesMax} pieces`)
  return {
    name: text(it.name, 'name'),
    title: text(it.title, 'title'),
    ...(it.source === undefined ? {} : { source: text(it.source, 'source') }),
    seed: whole(it.seed, 'seed', 0, 2 ** 32 - 1),
    secondsMax: real(it.secondsMax, 'secondsMax', 1, secondsLimit),
    contentBytes,
    pieceBytes,
    blocksPerUnit,
    ...(it.turnMs === undefined ? {} : { turnMs: turnOf(it.turnMs) }),
    latencyMs: quantity(it.latencyMs, 'latencyMs', 0, latencyMsMax),
    connectionsMax: whole(it.connectionsMax, 'connectionsMax', 1, connectionsLimit),
    unchokeSlots: whole(it.unchokeSlots, 'unchokeSlots', 0, connectionsLimit),
    classes,
  }
}

function turnOf(value: unknown): number {
  const turnMs = whole(value, 'turnMs', 0, turnMsMax)
  return turnMs === 0 || slotsMs % turnMs === 0 ? turnMs : wrong('turnMs', `a divisor of ${slotsMs}`)
}

function parseClass(value: unknown, at: string): PeerClass {
  const it = fields(value, at)
  const behaviour = fields(it.behaviour, `${at}.behaviour`)
  return {
    name: text(it.name, `${at}.name`),
    count: whole(it.count, `${at}.count`, 0, peersMax),
    uploadBytesPerSecond: quantity(it.uploadBytesPerSecond, `${at}.uploadBytesPerSecond`, rateMin, rateMax),
    downloadBytesPerSecond: quantity(it.downloadBytesPerSecond, `${at}.downloadBytesPerSecond`, rateMin, rateMax),
    ...(it.lineBytesPerSecond === undefined
      ? {}
      : { lineBytesPerSecond: real(it.lineBytesPerSecond, `${at}.lineBytesPerSecond`, rateMin, rateMax) }),
    arrival: parseArrival(it.arrival, `${at}.arrival`),
    departure: parseDeparture(it.departure, `${at}.departure`),
    has: it.has === 'nothing' || it.has === 'all' ? it.has : wrong(`${at}.has`, '"nothing" or "all"'),
    behaviour: { ...behaviour, kind: text(behaviour.kind, `${at}.behaviour.kind`) },
    ...(it.sells === undefined ? {} : { sells: parseSelling(it.sells, `${at}.sells`) }),
    ...(it.pays === undefined ? {} : { pays: parsePaying(it.pays, `${at}.pays`) }),
    ...(it.addressGroup === undefined ? {} : { addressGroup: text(it.addressGroup, `${at}.addressGroup`) }),
    ...(it.connectionsMax === undefined
      ? {}
      : { connectionsMax: whole(it.connectionsMax, `${at}.connectionsMax`, 1, peersMax) }),
  }
}

function parseArrival(value: unknown, at: string): Arrival {
  const it = fields(value, at)
  const from = (): number => real(it.fromSecond, `${at}.fromSecond`, 0, secondsLimit)
  switch (it.kind) {
    case 'at':
      return { kind: 'at', second: real(it.second, `${at}.second`, 0, secondsLimit) }
    case 'flash': {
      const overSeconds = real(it.overSeconds, `${at}.overSeconds`, 0, secondsLimit)
      return { kind: 'flash', fromSecond: from(), overSeconds }
    }
    case 'poisson': {
      const perSecond = real(it.perSecond, `${at}.perSecond`, 1e-6, 1e6)
      return { kind: 'poisson', fromSecond: from(), perSecond }
    }
    default:
      return wrong(`${at}.kind`, '"at", "flash" or "poisson"')
  }
}

function parseDeparture(value: unknown, at: string): Departure {
  const { seedSeconds, abortsPerSecond } = fields(value, at)
  return {
    ...(seedSeconds === undefined ? {} : { seedSeconds: real(seedSeconds, `${at}.seedSeconds`, 0, secondsLimit) }),
    ...(abortsPerSecond === undefined
      ? {}
      : { abortsPerSecond: real(abortsPerSecond, `${at}.abortsPerSecond`, 0, 1_000) }),
  }
}

function parseSelling(value: unknown, at: string): Selling {
  const { askPerMiB, freeSharePpm } = fields(value, at)
  return {
    askPerMiB: amount(askPerMiB, `${at}.askPerMiB`),
    ...(freeSharePpm === undefined ? {} : { freeSharePpm: whole(freeSharePpm, `${at}.freeSharePpm`, 0, 1_000_000) }),
  }
}

function parsePaying(value: unknown, at: string): Paying {
  const it = fields(value, at)
  return {
    budget: amount(it.budget, `${at}.budget`),
    spendPerSecond: amount(it.spendPerSecond, `${at}.spendPerSecond`),
    priceMaxPerMiB: amount(it.priceMaxPerMiB, `${at}.priceMaxPerMiB`),
    ...(it.deposit === undefined ? {} : { deposit: amount(it.deposit, `${at}.deposit`) }),
  }
}

function quantity(value: unknown, at: string, min: number, max: number): Quantity {
  if (typeof value === 'number') return real(value, at, min, max)
  const it = fields(value, at)
  if (it.oneOf !== undefined) {
    const oneOf = list(it.oneOf, `${at}.oneOf`, choicesMax).map((entry, i) =>
      real(entry, `${at}.oneOf[${i}]`, min, max),
    )
    return oneOf.length === 0 ? wrong(`${at}.oneOf`, 'at least one number') : { oneOf }
  }
  const low = real(it.min, `${at}.min`, min, max)
  return { min: low, max: real(it.max, `${at}.max`, low, max) }
}

function fields(value: unknown, at: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return wrong(at, 'an object')
  return Object.fromEntries(Object.entries(value))
}

function list(value: unknown, at: string, lengthMax: number): readonly unknown[] {
  return Array.isArray(value) && value.length <= lengthMax ? value : wrong(at, `a list of at most ${lengthMax}`)
}

function text(value: unknown, at: string): string {
  const isText = typeof value === 'string' && value.length > 0 && value.length <= nameLengthMax
  return isText ? value : wrong(at, `a text of 1 to ${nameLengthMax} characters`)
}

function real(value: unknown, at: string, min: number, max: number): number {
  const isReal = typeof value === 'number' && value >= min && value <= max
  return isReal ? value : wrong(at, `a number from ${min} to ${max}`)
}

function whole(value: unknown, at: string, min: number, max: number): number {
  return Number.isSafeInteger(value) ? real(value, at, min, max) : wrong(at, `a whole number from ${min} to ${max}`)
}

function amount(value: unknown, at: string): string {
  const isAmount = typeof value === 'string' && /^\d{1,40}$/.test(value)
  return isAmount ? value : wrong(at, 'base units as decimal digits in quotes')
}

function wrong(at: string, expected: string): never {
  throw new ScenarioError('bad-scenario', `${at}: expected ${expected}`)
}
