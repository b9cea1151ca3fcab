import type { Btt, Logger } from '@millrace/base'
import type { EpochReport, UploadMarket } from '@millrace/market'
import type { PaidConnection, PaidSession, PaidTorrent, PaymentOffer, Payments } from '@millrace/swarm'

export interface BuyingTerms {
  readonly spendRatePerSecond: Btt
  readonly priceMaxPerMiB: Btt
  readonly budget: Btt | undefined
  readonly prepayment: Btt | undefined
}
export interface MoneyOptions {
  readonly rpcUrl: string
  readonly vault: string
  readonly key:
    | { readonly kind: 'keystore'; readonly path: string; readonly password: () => Promise<string | undefined> }
    | { readonly kind: 'dev'; readonly index: number }
  readonly booksFolder: string
  readonly buying?: BuyingTerms | undefined
  readonly confirmDeposit?: ((amount: Btt) => Promise<boolean>) | undefined
}
export interface Purchase {
  readonly paidBytes: number
  readonly billed: Btt
  readonly paid: Btt
  readonly vouchers: number
}
export interface Sales {
  readonly billed: Btt
  readonly earned: Btt
  readonly cashed: Btt
}
export class PaymentDesk implements Payments {
  offer(_torrent: PaidTorrent): PaymentOffer | undefined {
    return undefined
  }
  open(_connection: PaidConnection): PaidSession {
    throw new Error('not yet')
  }
  purchase(): Purchase {
    throw new Error('not yet')
  }
  sales(): Sales {
    throw new Error('not yet')
  }
  onEpoch(_report: EpochReport, _now: number): void {}
  async close(): Promise<void> {}
}
export async function buildPayments(
  _options: MoneyOptions,
  _market: UploadMarket,
  _logger: Logger,
): Promise<PaymentDesk> {
  throw new Error('not yet')
}
