/** What shares out an uplink. */

import type { UploadMarket } from '@millrace/market'

/**
 * Who is served next: the client's `UploadMarket`, or another mechanism that can stand in its place. One without `setAsk` has no
 * ask that could move.
 */
export type Scheduler = Pick<
  UploadMarket,
  | 'addPeer'
  | 'removePeer'
  | 'setUnchoked'
  | 'setInterested'
  | 'setBacklog'
  | 'setStalled'
  | 'bindAccount'
  | 'setPaid'
  | 'setBid'
  | 'noteQuote'
  | 'noteStatement'
  | 'statementsDue'
  | 'writeOff'
  | 'dropAccount'
  | 'choose'
  | 'served'
  | 'retryAtMs'
  | 'starvedPeer'
  | 'epoch'
  | 'account'
  | 'isEntitled'
  | 'peerView'
  | 'pricePerMiB'
  | 'capacity'
> &
  Partial<Pick<UploadMarket, 'setAsk'>>
