/**
 * Vouchers, session proofs and the paid session of btt_speed (docs/spec/btt-speed.md). Pure but for the curve's WASM:
 * chain, files and sockets stand behind the ports.
 *
 *     leecher -> seeder   hello {account, signature of Session}
 *     seeder  -> leecher  hello, quote {ask, price, credit}
 *     leecher -> seeder   bid {1, rate, cap}, voucher {cumulative 5, seq 1, totalIssued 5}     a prepayment
 *     seeder  -> leecher  account {bid 1 counts, billed 0, accepted 5}
 *                         ... blocks ...
 *     seeder  -> leecher  account {billed 7, accepted 5}
 *     leecher -> seeder   voucher {cumulative 7, seq 2, totalIssued 7}
 */

export { type Account, accountBytes, accountOf, parseAccount } from './account.ts'
export { BeaconBoard, type BeaconFault } from './beacon-board.ts'
export { beaconDigest, beaconTypedData, type UnsignedBeacon } from './beacon-proof.ts'
export type { Want } from './bidding.ts'
export { ahead } from './bill.ts'
export { type BondMove, type BondView, bondMove, type PayerBond, potDivisor, rewardDivisor } from './bond.ts'
export {
  type BuyerEffect,
  type BuyerEvent,
  type BuyerState,
  type BuyerStep,
  type BuyerTerms,
  type BuyerView,
  openBuyer,
  owedBy,
  stepBuyer,
  withArrived,
} from './buyer-session.ts'
export {
  chooseLedger,
  domainName,
  domainSeparator,
  domainVersion,
  type LedgerDomain,
  ledgerId,
  mistakableDomains,
} from './domain.ts'
export {
  addresseeOf,
  type IdentityEffect,
  type IdentityEvent,
  type IdentityState,
  type IdentityStep,
  type IdentityTerms,
  openIdentity,
  stepIdentity,
} from './identity-session.ts'
export { type Contradiction, findContradiction, type SeenVouchers, see } from './overissue.ts'
export { accept, type Backing, emptyPayeeBook, isCovered, type PayeeBook, precheck } from './payee-book.ts'
export {
  adopt,
  closingMark,
  emptyPayerBook,
  type IssueRefusal,
  isOutdated,
  issue,
  type PayerBook,
  type ReserveMark,
  recoverPayerBook,
  unattributed,
  wantedMark,
  withMark,
} from './payer-book.ts'
export type { BillSums, BuyerPolicy, PurchaseSums, SellerPolicy } from './policies.ts'
export type { BookStore, CashOutcome, Ledger, PayerCoverage, Signer, Verifier } from './ports.ts'
export { type RejectCode, type RejectMessage, rejectOf } from './reject.ts'
export {
  awaitsTime,
  type BillingFacts,
  openSeller,
  type SellerBid,
  type SellerEffect,
  type SellerEvent,
  type SellerState,
  type SellerStep,
  type SellerTerms,
  type SellerView,
  stepSeller,
} from './seller-session.ts'
export {
  agreedSum,
  expectedSetOff,
  greetSetOff,
  hearSetOff,
  lastSetOff,
  nothingSetOff,
  openSetOff,
  refuseSetOff,
  type SetOffEffect,
  type SetOffNote,
  type SetOffState,
  type SetOffStep,
  stepSetOff,
} from './set-off.ts'
export {
  accountOfKey,
  type CashEntry,
  cashEntry,
  recoverAddress,
  signatureBytes,
  signDigest,
  voucherOfEntry,
} from './signature.ts'
export { keySigner } from './signer.ts'
export {
  roleBuys,
  roleOf,
  roleSells,
  type Session,
  type SignedVoucher,
  sessionDigest,
  sessionTypedData,
  type Voucher,
  voucherDigest,
  voucherMessage,
  voucherTypedData,
} from './typed-data.ts'
export { inlineVerifier } from './verifier.ts'
