import type { Scenario } from '../scenario.ts'
import { town as townOf } from '../studies/table/town.ts'

/** The swarm of the table in its plainest market, where everybody goes as soon as it is done. */
export const town: Scenario = {
  ...townOf({ name: 'market, leaves', isMarket: true, seedSeconds: 0 }, 1),
  name: 'town',
  title: 'The swarm of the table: contributors, payers and free riders',
}
