/** Reject messages. */

import { type BttSpeedMessage, bttSpeedTypes, rejectCodes } from '@millrace/wire'

export type RejectCode = (typeof rejectCodes)[keyof typeof rejectCodes]
export type RejectMessage = Extract<BttSpeedMessage, { readonly t: 'reject' }>

const words: Readonly<Record<RejectCode, string>> = {
  [rejectCodes.malformed]: 'malformed',
  [rejectCodes.wrongLedger]: 'signed for another ledger',
  [rejectCodes.badSignature]: 'bad signature',
  [rejectCodes.notCovered]: 'not covered: try again after the next block',
  [rejectCodes.notRising]: 'cumulative sum or seq does not rise',
  [rejectCodes.priceAboveCap]: 'the price is above your cap',
  [rejectCodes.overBilled]: 'over-billed',
  [rejectCodes.noQuote]: 'no quote yet',
  [rejectCodes.rateLimit]: 'too often',
  [rejectCodes.goingAway]: 'going away',
  [rejectCodes.identity]: 'not your account',
}

/** Refuses a message of type `refused`. */
export function rejectOf(refused: Exclude<BttSpeedMessage['t'], 'reject'> | number, code: RejectCode): RejectMessage {
  const type = typeof refused === 'number' ? refused : bttSpeedTypes[refused]
  return { t: 'reject', refused: type, code, words: words[code] }
}
