import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseScenario } from './parse-scenario.ts'
import { ScenarioError } from './scenario-error.ts'
import { scenarios } from './scenarios/catalogue.ts'

it('anything is a scenario that reads the same again, or a refusal', () => {
  const keys = [...Object.keys(scenarios[0] ?? {}), 'unknown']
  const changed = fc
    .tuple(fc.constantFrom(...scenarios), fc.constantFrom(...keys), fc.jsonValue())
    .map(([scenario, key, value]) => ({ ...scenario, [key]: value }))
  const changedClass = fc
    .tuple(
      fc.constantFrom(...scenarios),
      fc.constantFrom(...Object.keys(scenarios[0]?.classes[0] ?? {})),
      fc.jsonValue(),
    )
    .map(([scenario, key, value]) => ({
      ...scenario,
      classes: scenario.classes.map((plan, i) => (i === 0 ? { ...plan, [key]: value } : plan)),
    }))
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), changed, changedClass), (value) => {
      try {
        const scenario = parseScenario(value)
        expect(parseScenario(JSON.parse(JSON.stringify(scenario)))).toEqual(scenario)
      } catch (error) {
        expect(error).toBeInstanceOf(ScenarioError)
      }
    }),
    { numRuns: 500 },
  )
})
