/**
 * Who may import whom. A package imports packages of a lower rank only; the tidy test reads the real imports against
 * this one table. ARCHITECTURE.md says what each package owns.
 */

export const ranks: Readonly<Record<string, number>> = {
  '@millrace/base': 0,
  '@millrace/bencode': 1,
  '@millrace/metainfo': 2,
  '@millrace/wire': 2,
  '@millrace/contracts': 2,
  '@millrace/market': 3,
  '@millrace/voucher': 3,
  '@millrace/disk': 4,
  '@millrace/net': 4,
  '@millrace/wallet': 4,
  '@millrace/journal': 4,
  '@millrace/chain': 4,
  '@millrace/ledger': 4,
  '@millrace/swarm': 5,
  '@millrace/lab': 6,
  '@millrace/node': 7,
  '@millrace/cli': 8,
  '@millrace/cpu-seconds': 8,
}

/** Up to this rank a package is pure: no clock, no randomness, no socket, no timer. */
export const pureRankMax = 3

/** Where the real clock and the real randomness live; everybody else gets them injected. */
export const impureHomes: readonly string[] = ['packages/base/src/clock.ts', 'packages/base/src/random.ts']

/** Lines of a file, tests included, and of a function. */
export const fileLinesMax = 400
export const functionLinesMax = 70

/**
 * A ratchet: findings that are tolerated for now, word for word as the test prints them. It only shrinks; an entry
 * that no longer occurs fails the test too.
 */
export const exceptions: readonly string[] = []
