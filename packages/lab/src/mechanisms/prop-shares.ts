/**
 * PropShare's rule (Levin, LaCurts, Spring and Bhattacharjee, SIGCOMM 2008): each peer has the share of the upload that it had
 * in what was received in the last round. A part is kept for peers that gave nothing yet, so that they can begin.
 */

/** The paper keeps some of the upload for strangers; how much is ours: what an optimistic slot of five has. */
export const explorePart = 0.2

/**
 * Shares by peer; they sum to 1, or there are none.
 *
 * @param given bytes of the last round by peer, above 0
 * @param explored peers that gave nothing and are tried, none of `given`
 * @example
 * propShares([[1, 300], [2, 100]], [3]) // 1: 0.6, 2: 0.2, 3: 0.2
 */
export function propShares(
  given: readonly (readonly [peer: number, bytes: number])[],
  explored: readonly number[],
): ReadonlyMap<number, number> {
  const sum = given.reduce((total, [, bytes]) => total + bytes, 0)
  const forStrangers = explored.length === 0 ? 0 : sum === 0 ? 1 : explorePart
  const shares = new Map<number, number>()
  for (const [peer, bytes] of given) shares.set(peer, ((1 - forStrangers) * bytes) / sum)
  for (const peer of explored) shares.set(peer, forStrangers / explored.length)
  return shares
}
