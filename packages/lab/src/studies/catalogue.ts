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
import { fairnessKnob } from './economy/fairness-knob.ts'
import { supplyResponse } from './economy/supply-response.ts'
import { volatility } from './economy/volatility.ts'
import { clustering } from './mechanisms/clustering.ts'
import { fairTorrentStudy } from './mechanisms/fair-torrent-study.ts'
import { postedPriceStudy } from './mechanisms/posted-price-study.ts'
import { propShareStudy } from './mechanisms/prop-share-study.ts'
import { sideBySide } from './mechanisms/side-by-side.ts'
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

/** What others published: each paper's headline first, then all of them beside the market. */
const published: readonly Study[] = [clustering, propShareStudy, fairTorrentStudy, postedPriceStudy, sideBySide]

/** What happens when the world moves. */
const economy: readonly Study[] = [volatility, fairnessKnob, supplyResponse]

export const studies: readonly Study[] = [table, ...attacks, ...published, ...economy]

/** Those of a name, or all of a group for `attacks`, `published` and `economy`; none when nothing is called so. */
export function findStudies(name: string): readonly Study[] {
  if (name === 'attacks') return attacks
  if (name === 'economy') return economy
  return name === 'published' ? published : studies.filter((study) => study.name === name)
}
