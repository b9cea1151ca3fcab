import { expect, it } from 'vitest'
import { parseScenario } from './parse-scenario.ts'
import { scenarios } from './scenarios/catalogue.ts'

it.each(scenarios)('$name survives being written and read', (scenario) => {
  expect(parseScenario(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario)
})

it('keeps how often a peer acts', () => {
  expect(parseScenario({ ...scenarios[0], turnMs: 50 }).turnMs).toBe(50)
})

const [good] = scenarios
const [first] = good?.classes ?? []

it.each([
  ['no object', [], 'the scenario: expected an object'],
  ['a piece of half a unit', { ...good, pieceBytes: 24_576 }, 'pieceBytes: expected a multiple of 16384, the unit'],
  ['too many pieces', { ...good, contentBytes: 2 ** 40 }, 'pieceBytes: expected at most 65536 pieces'],
  ['a seed below 0', { ...good, seed: -1 }, 'seed: expected a number from 0 to 4294967295'],
  ['two classes of one name', { ...good, classes: [first, first] }, 'classes: expected names that differ'],
  [
    'a crowd without end',
    { ...good, classes: [{ ...first, count: 100_001 }] },
    'classes[0].count: expected a number from 0 to 100000',
  ],
  [
    'an amount as a number',
    { ...good, classes: [{ ...first, sells: { askPerMiB: 5 } }] },
    'classes[0].sells.askPerMiB: expected base units as decimal digits in quotes',
  ],
  [
    'an arrival of no kind',
    { ...good, classes: [{ ...first, arrival: {} }] },
    'classes[0].arrival.kind: expected "at", "flash" or "poisson"',
  ],
  ['turns longer than a bucket holds', { ...good, turnMs: 125 }, 'turnMs: expected a number from 0 to 50'],
  ['turns that clocks do not fit', { ...good, turnMs: 40 }, 'turnMs: expected a divisor of 250'],
  ['an empty choice', { ...good, latencyMs: { oneOf: [] } }, 'latencyMs.oneOf: expected at least one number'],
  [
    'a range upside down',
    { ...good, latencyMs: { min: 5, max: 4 } },
    'latencyMs.max: expected a number from 5 to 10000',
  ],
])('refuses %s, and says where', (_, value, message) => {
  expect(() => parseScenario(value)).toThrow(message)
})
