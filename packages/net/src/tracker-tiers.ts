/** The order in which trackers are asked (BEP 12): tier by tier, shuffled within, the one that works moves to the front. */

import { type Random, shuffle } from '@millrace/base'

export interface TrackerTiers {
  /** Every tracker once, in the order of the next attempt. */
  order(): readonly string[]
  /** This one answered: it is asked first in its tier from now on. */
  promote(url: string): void
}

/** Trackers of one torrent that are used; the rest of an absurd list is left out. */
export const trackersMax = 100

/**
 * @example
 * const tiers = createTiers([['http://a/announce', 'http://b/announce'], ['http://backup/announce']], random)
 */
export function createTiers(tiers: readonly (readonly string[])[], random: Random): TrackerTiers {
  const seen = new Set<string>()
  const shuffled = tiers.map((tier) => {
    const fresh = tier.filter((url) => seen.size < trackersMax && !seen.has(url) && seen.add(url))
    return shuffle(fresh, random)
  })
  return {
    order: () => shuffled.flat(),
    promote(url) {
      const tier = shuffled.find((urls) => urls.includes(url))
      if (tier === undefined) return
      tier.splice(tier.indexOf(url), 1)
      tier.unshift(url)
    },
  }
}
