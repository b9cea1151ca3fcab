/**
 * When a validator proposes, and how long it takes for it. A header's time is whole seconds above its parent's, so a block that came sooner would be
 * dated in the future, and each one after it further. The proposer waits for the second instead of CometBFT after the
 * commit: then the time that voting takes is no longer added to each block.
 */

/**
 * How long a proposer chooses transactions: what `timeout_commit` leaves of the second. Whoever waits for the proposal goes to
 * another round 3 s after the block before (CometBFT's `timeout_propose`), and the wait below is in that too. Whoever has
 * the proposal votes when he has executed it, however long that takes.
 */
export const buildMs = 400

/** What one proposal waits at most: validators whose clocks are behind slow the chain down, and no more. */
const waitMsMax = 1000

/**
 * Milliseconds to wait before the child of a block of `parentTimestamp` is proposed.
 *
 * @example proposalWaitMs(100, 100.75) // 250
 */
export function proposalWaitMs(parentTimestamp: number, wallSeconds: number): number {
  const ms = Math.ceil((parentTimestamp + 1 - wallSeconds) * 1000)
  return Math.min(waitMsMax, Math.max(0, ms))
}
