/** The arithmetic of the page: prices, credit, cover, what holds as a bill and what is owed. */

export const blockBytes = 16_384
const mib = 1n << 20n

export function floorDivide(value: bigint, by: bigint): bigint {
  return value / by
}

export function ceilDivide(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}

/** What bytes cost, times 2^20: exact. */
export function exactCost(bytes: number, price: bigint): bigint {
  return BigInt(bytes) * price
}

export function costFloor(exact: bigint): bigint {
  return floorDivide(exact, mib)
}

export function costCeil(bytes: number, price: bigint): bigint {
  return ceilDivide(exactCost(bytes, price), mib)
}

export function max(first: bigint, ...others: readonly bigint[]): bigint {
  let most = first
  for (const value of others) if (value > most) most = value
  return most
}

export function min(first: bigint, ...others: readonly bigint[]): bigint {
  let least = first
  for (const value of others) if (value < least) least = value
  return least
}

export interface VaultBooks {
  readonly deposited: bigint
  readonly withdrawn: bigint
  readonly planned: bigint
  readonly paidOut: bigint
  readonly cashed: bigint
}

export function isCovered(cumulative: bigint, totalIssued: bigint, books: VaultBooks): boolean {
  const staying = books.deposited - books.withdrawn - books.planned
  const isPart = cumulative - books.cashed <= staying - books.paidOut
  return totalIssued <= staying && totalIssued >= books.paidOut && isPart
}

export interface SentQuote {
  readonly price: bigint
  readonly sentAt: number
  readonly life: number
}

export function isQuoteDue(price: bigint, last: SentQuote | undefined, now: number): boolean {
  if (last === undefined || price > last.price || 100n * price <= 95n * last.price) return true
  return now >= last.sentAt + last.life - Math.min(30_000, last.life / 2)
}

export interface Statable {
  readonly unstated: bigint
  readonly credit: bigint
  readonly ahead: bigint
}

export function isStatementDue(
  { unstated, credit, ahead }: Statable,
  lastAt: number | undefined,
  now: number,
): boolean {
  if (unstated === 0n) return false
  if (lastAt === undefined) return true
  const room = ahead > 0n && now - lastAt < 250 ? credit + ahead : credit
  return now - lastAt >= 20 && (unstated * 4n >= room || now - lastAt >= 1_000)
}

export interface CreditTerms {
  readonly paid: bigint
  readonly price: bigint
  readonly w: bigint
  readonly ts: number
  readonly unit: number
}

export function creditOf({ paid, price, w, ts, unit }: CreditTerms): bigint {
  const inFlight = floorDivide(2n * w * BigInt(Math.ceil(ts) + 500), 1000n) + costFloor(exactCost(2 * unit, price))
  return min(paid / 8n, max(costFloor(exactCost(8 << 20, price)), inFlight))
}

export interface Sums {
  readonly b: number
  readonly o: bigint
}

export interface BillTerms {
  /** R, P, S, W and c of the page. */
  readonly received: number
  readonly price: bigint
  readonly allowed: bigint
  readonly w: bigint
  readonly connections: number
}

/** The first condition that a statement breaks. */
export function faultOf(last: Sums, next: Sums, terms: BillTerms): string | undefined {
  if (next.b > terms.received) return 'more-bytes-than-received'
  if (next.o - last.o > costCeil(next.b - last.b, terms.price)) return 'above-price'
  const blocks = costCeil(blockBytes * terms.connections, terms.price)
  return next.o > terms.allowed + ceilDivide(terms.w, 4n) + blocks ? 'above-spend-rate' : undefined
}

export interface Purchase {
  readonly billed: bigint
  readonly billedBytes: number
  readonly verified: number
  readonly received: number
  readonly piece: number
  readonly badPiece: boolean
}

export function advanceOf({ verified, received, piece, badPiece }: Purchase): number {
  if (badPiece) return 0
  const undecided = Math.max(0, received - verified)
  return Math.min(undecided, Math.floor(Math.max(verified / 8, Math.min(verified / 2, piece))))
}

export function owedOf(purchase: Purchase): bigint {
  const bytes = purchase.verified + advanceOf(purchase)
  const { billed, billedBytes } = purchase
  return billedBytes <= bytes ? billed : floorDivide(billed * BigInt(bytes), BigInt(billedBytes))
}

export function prepaymentOf(price: bigint, w: bigint, piece: number, allowance: bigint): bigint {
  return min(allowance, max(costCeil(Math.max(256 << 10, piece), price), 2n * w))
}
