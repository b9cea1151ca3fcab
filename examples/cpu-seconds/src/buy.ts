/** A buyer's process: one job, bought with a bid or for nothing, checked and paid for. */

import { type Btt, type Logger, systemClock, toHex } from '@millrace/base'
import { UploadMarket } from '@millrace/market'
import { buildPayments, type LedgerAccess, type PaymentDesk } from '@millrace/node'
import { type BuyerTerms, CpuBuyer } from './buyer.ts'
import { cpu } from './cpu.ts'
import { printEvent } from './events.ts'
import { epochMilliseconds } from './seller.ts'
import type { Find } from './verdict.ts'

export interface BuyTerms extends BuyerTerms {
  /** Absent: pays nothing. */
  readonly money: BuyMoney | undefined
}

export interface BuyMoney {
  readonly access: LedgerAccess
  readonly bidPerSecond: Btt
  readonly budget: Btt
  readonly priceMaxPerCpuSecond: Btt
  /** What is paid before the first step; by price when absent, 0 for nothing. */
  readonly prepayment: Btt | undefined
}

/** A bill comes each second, and a voucher waits for the disk and a signature. */
const settleMillisecondsMax = 10_000

export async function buy(terms: BuyTerms, logger: Logger): Promise<void> {
  const payments = terms.money && (await openPayments(terms.money, logger))
  const buyer = new CpuBuyer({ payments: payments?.desk, logger }, terms)
  void buyer.localPort.then((port) => printEvent({ event: 'connected', port }))
  const timer =
    payments && setInterval(() => payments.desk.onEpoch(payments.market.epoch(systemClock.now())), epochMilliseconds)
  await buyer.finished
  await payments?.desk.settled(settleMillisecondsMax)
  clearInterval(timer)
  payments?.desk.leave()
  buyer.close()
  await payments?.desk.close()
  report(buyer, payments?.desk)
}

interface OpenPayments {
  readonly desk: PaymentDesk
  readonly market: UploadMarket
}

/** A buyer sells nothing: its market only gives the desk its seconds. */
async function openPayments(money: BuyMoney, logger: Logger): Promise<OpenPayments> {
  const market = new UploadMarket({
    resource: cpu,
    capacity: { kind: 'limited', bytesPerSecond: cpu.stepUnits },
    askPerMiB: undefined,
  })
  const { access, bidPerSecond, budget, priceMaxPerCpuSecond, prepayment } = money
  const options = {
    ...access,
    buying: {
      budget,
      spendRatePerSecond: bidPerSecond,
      priceMaxPerMiB: priceMaxPerCpuSecond,
      measurePercent: 0,
      prepayment,
    },
    confirmDeposit: async () => true,
    sells: false,
    resource: cpu,
  }
  return { desk: await buildPayments(options, market, logger), market }
}

function report({ result }: CpuBuyer, desk: PaymentDesk | undefined): void {
  const { end, reason, rightSteps, wrongSteps, best } = result
  const purchase = desk?.purchase()
  printEvent({
    event: 'job',
    end,
    ...(reason === undefined ? {} : { reason }),
    rightSteps,
    wrongSteps,
    bestBits: best?.bits ?? 0,
    ...(best === undefined ? {} : { bestNonce: nonceOf(best) }),
    paid: `${purchase?.paid ?? 0n}`,
    billed: `${purchase?.billed ?? 0n}`,
    vouchers: purchase?.vouchers ?? 0,
  })
}

function nonceOf({ step, offset }: Find): string {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt32BE(step)
  bytes.writeUInt32BE(offset, 4)
  return toHex(bytes)
}
