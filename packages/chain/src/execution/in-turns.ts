/** Work on the items of a block that lets the event loop turn: a full one has thousands. */

import { Pace } from './evm/pace.ts'

/** What an item counts for: a receipt decoded, a bloom, a hash of a trie's node. */
const itemWork = 1000

export async function inTurns<T, U>(list: readonly T[], work: (item: T, index: number) => U): Promise<readonly U[]> {
  const pace = new Pace()
  const done: U[] = []
  for (const [index, item] of list.entries()) {
    done.push(work(item, index))
    if (pace.spend(itemWork)) await pace.rest()
  }
  return done
}
