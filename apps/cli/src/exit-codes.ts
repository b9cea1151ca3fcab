/** What the process ends with; documented in the README. */

import { MillraceError } from '@millrace/base'

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 4,
  timeout: 5,
  locked: 6,
  unfinished: 7,
  insufficient: 8,
  disk: 9,
  badTorrent: 10,
  chainRefused: 11,
  interrupted: 130,
} as const

/** Options or arguments that make no sense together. */
export class UsageError extends MillraceError<'usage'> {
  override readonly name = 'UsageError'

  constructor(message: string) {
    super('usage', message)
  }
}

const codesOfKinds: Readonly<Record<string, number>> = {
  'not-found': exitCodes.notFound,
  'no-proposal': exitCodes.notFound,
  'bad-torrent': exitCodes.badTorrent,
  'bad-magnet': exitCodes.badTorrent,
  locked: exitCodes.locked,
  'bad-password': exitCodes.locked,
  // This key must not sign from these books.
  'outdated-books': exitCodes.locked,
  insufficient: exitCodes.insufficient,
  'insufficient-funds': exitCodes.insufficient,
  'budget-spent': exitCodes.insufficient,
  'write-failed': exitCodes.disk,
  'disk-full': exitCodes.disk,
  timeout: exitCodes.timeout,
  interrupted: exitCodes.interrupted,
  'cell-failed': exitCodes.failed,
  'not-claimable': exitCodes.chainRefused,
}

const codesOfNames: Readonly<Record<string, number>> = {
  UsageError: exitCodes.usage,
  FeedError: exitCodes.usage,
  ScenarioError: exitCodes.usage,
  SweepError: exitCodes.usage,
  AmountError: exitCodes.usage,
  CallTextError: exitCodes.usage,
  DiskError: exitCodes.disk,
  AirdropError: exitCodes.usage,
  LedgerError: exitCodes.chainRefused,
  GovernanceError: exitCodes.chainRefused,
  JournalError: exitCodes.failed,
}

/** The exit code for anything thrown: by its code first, then by its class. */
export function exitCodeOf(thrown: unknown): number {
  if (!(thrown instanceof MillraceError)) return exitCodes.failed
  return codesOfKinds[thrown.code] ?? codesOfNames[thrown.name] ?? exitCodes.failed
}
