/** Assertions: a failed one is a bug of ours, never a peer's fault or the environment's. */

export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/**
 * Throws when `condition` does not hold.
 *
 * @example
 * assert(index < pieceCount, 'piece index below the piece count')
 */
export function assert(condition: unknown, expectation: string): asserts condition {
  if (!condition) throw new AssertionError(`assertion failed: expected ${expectation}`)
}

/** Returns `value`, or throws when it is missing. For array reads whose index was checked before. */
export function defined<T>(value: T | undefined | null, expectation: string): T {
  assert(value !== undefined && value !== null, expectation)
  return value
}

/** Marks a branch that the types already rule out. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${String(value)}`)
}
