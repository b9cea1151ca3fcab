/** The studies that `millrace lab list` names, and whose results are kept in docs/lab. */

import { bitThief } from './attacks/bit-thief.ts'
import { bitTyrant } from './attacks/bit-tyrant.ts'
import { defaulter } from './attacks/defaulter.ts'
import { largeView } from './attacks/large-view.ts'
import { oracleJump } from './attacks/oracle-jump.ts'
import { phantom } from './attacks/phantom.ts'
import { priceFixing } from './attacks/price-fixing.ts'
import { shill } from './attacks/shill.ts'
import { switching } from './attacks/switching.ts'
import { sybil } from './attacks/sybil.ts'
import type { Study } from './study.ts'
import { table } from './table/table.ts'

const attacks: readonly Study[] = [
  bitThief,
  bitTyrant,
  largeView,
  sybil,
  shill,
  phantom,
  defaulter,
  priceFixing,
  oracleJump,
  switching,
]

export const studies: readonly Study[] = [table, ...attacks]

/** Those of a name, or all attacks for `attacks`; none when nothing is called so. */
export function findStudies(name: string): readonly Study[] {
  return name === 'attacks' ? attacks : studies.filter((study) => study.name === name)
}
