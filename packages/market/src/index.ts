/**
 * Bids, clearing price, shares, credit and the upload scheduler; the buyer's policy too. Pure: time is an argument, peers
 * are handles, nothing here knows sockets or signatures.
 *
 * A buyer owns one agent a budget: `openAgent`, then `stepAgent` each second, which says what to bid to whom.
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

export type { KeptBooks, WriteOffs } from './account.ts'
export { addressGroupOf } from './address-group.ts'
export {
  type Backing,
  backedDemand,
  budgetBitsOf,
  freeDeposit,
  type StatedDemand,
} from './backed-demand.ts'
export { type Benefit, benefitSamplesMin } from './benefit.ts'
export type { Bid } from './bid.ts'
export {
  advanceBytes,
  type Bill,
  type BillFault,
  type BillTerms,
  billFault,
  openBid,
  type PurchaseView,
  payable,
  pieceBytesMax,
  prepayment,
  type SellerOffer,
  type SpendPlan,
  silentEpochs,
  spendAllowed,
  splitSpend,
} from './buyer.ts'
export { type AgentReport, type AgentState, openAgent, type SellerWant, stepAgent } from './buyer-agent.ts'
export { type AgentView, type BuyerTerms, priceMaxDefault, type SellerView } from './buyer-view.ts'
export type { CapacityOptions } from './capacity.ts'
export type { DeadlineReport } from './deadline-report.ts'
export {
  chooseTorrents,
  type EarnCandidate,
  type EarnChoice,
  type EarnReason,
  type EarnTerms,
  explorePpmDefault,
  holdSecondsDefault,
  horizonSecondsDefault,
  torrentsMaxDefault,
} from './earn-agent.ts'
export { type EarnRecord, emptyEarnRecord, noteEarned } from './earn-record.ts'
export type { Estimate } from './estimate.ts'
export {
  type ExchangeRate,
  exchangeRateDecimals,
  formatExchangeRate,
  oneToOne,
  parseExchangeRate,
} from './exchange-rate.ts'
export { type Demand, type ExpectedIncome, expectedIncome, type OwnOffer, type Rival } from './expected-income.ts'
export { faultyFeedsMax } from './feed-consensus.ts'
export { type FreeShareBounds, freeShareBoundsDefault, freeShareWithin } from './free-share.ts'
export { freeSharePpmDefault, type MarketOptions } from './market-options.ts'
export type { AccountView, EpochReport, PeerView } from './market-view.ts'
export { type Quote, quoteDue, quoteLifeMsMax } from './quote.ts'
export { emptySalesTally, type SalesTally, tallyEpoch } from './sales-tally.ts'
export { type LocalTime, limitAt, type Schedule, type ScheduleWindow } from './schedule.ts'
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
export { type SalesFacts, whyZero, type ZeroReason } from './why-zero.ts'
