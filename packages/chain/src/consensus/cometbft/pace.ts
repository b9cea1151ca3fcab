/**
 * When a validator proposes. A header's time is whole seconds above its parent's, so a block that came sooner would be
 * dated in the future, and each one after it further. The proposer waits for the second instead of CometBFT after the
 * commit: then the time that voting takes is no longer added to each block.
 */

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
