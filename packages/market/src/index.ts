/**
 * Bids, clearing price, shares, credit and the upload scheduler; the buyer's policy too. Pure: time is an argument, peers
 * are handles, nothing here knows sockets or signatures.
 *
 * A seller owns one `UploadMarket` an uplink:
 *
 *     addPeer, setUnchoked, setBacklog           the swarm says who wants what
 *     bindAccount, noteQuote, setBid, setPaid    the payments say who pays
 *     choose -> served, retryAtMs                for each block
 *     epoch                                      each second: the price, shares, who is awake
 *
 * What it asks may be fixed, or follow an ask in another unit: `stepStableAsk` over readings of feeds, `quotedAsk`, `setAsk`.
 */

export { addressGroupOf } from './address-group.ts'
export type { Bid } from './bid.ts'
export {
  advanceBytes,
  type Bill,
  type BillFault,
  type BillTerms,
  billFault,
  lineSpendMax,
  type PurchaseView,
  payable,
  pieceBytesMax,
  prepayment,
  type SellerOffer,
  type SpendPlan,
  spendAllowed,
  splitSpend,
} from './buyer.ts'
export type { CapacityOptions } from './capacity.ts'
export {
  type ExchangeRate,
  exchangeRateDecimals,
  formatExchangeRate,
  oneToOne,
  parseExchangeRate,
} from './exchange-rate.ts'
export { faultyFeedsMax } from './feed-consensus.ts'
export { freeSharePpmDefault, type MarketOptions } from './market-options.ts'
export type { AccountView, EpochReport, PeerView } from './market-view.ts'
export { type Quote, quoteDue, quoteLifeMsMax } from './quote.ts'
export {
  type FeedTrouble,
  openStableAsk,
  quotedAsk,
  type StableAskEvent,
  type StableAskPhase,
  type StableAskState,
  type StableAskTerms,
  stepStableAsk,
} from './stable-ask.ts'
export { statementDue, statementGapMs } from './statement.ts'
export { askAt, formatUnitAsk, isInBtt, parseUnitAsk, type UnitAsk } from './unit-ask.ts'
export { UploadMarket } from './upload-market.ts'
