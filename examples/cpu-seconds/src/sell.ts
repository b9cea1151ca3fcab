/** The seller's process: sells until it is told to end, then settles and cashes. */

import { once } from 'node:events'
import { type Btt, type Logger, lotUnits, systemClock } from '@millrace/base'
import { UploadMarket } from '@millrace/market'
import { buildPayments, type LedgerAccess } from '@millrace/node'
import { cpu } from './cpu.ts'
import { printEvent } from './events.ts'
import { SearchPool } from './search-pool.ts'
import { CpuSeller, epochMilliseconds } from './seller.ts'

export interface SellTerms {
  readonly access: LedgerAccess
  /** 0 takes any free port. */
  readonly port: number
  readonly threads: number
  /** What is sold in a second: CPU seconds. More than the threads hash is a promise that cannot be kept. */
  readonly cpuSeconds: number
  readonly askPerCpuSecond: Btt
  readonly freeSharePpm: number
}

/** For vouchers that are on their way when the seller is told to end. */
const settleMillisecondsMax = 5_000

export async function sell(terms: SellTerms, logger: Logger): Promise<void> {
  const market = new UploadMarket({
    resource: cpu,
    capacity: { kind: 'limited', bytesPerSecond: terms.cpuSeconds * lotUnits },
    askPerMiB: terms.askPerCpuSecond,
    freeSharePpm: terms.freeSharePpm,
  })
  const payments = await buildPayments({ ...terms.access, sells: true, resource: cpu }, market, logger)
  const searcher = new SearchPool(terms.threads)
  const seller = new CpuSeller({ market, payments, searcher, clock: systemClock, logger })
  const timer = setInterval(() => {
    const report = seller.epoch()
    payments.onEpoch(report)
    printEvent({ event: 'epoch', pricePerCpuSecond: `${report.pricePerMiB}`, buyers: seller.views() })
  }, epochMilliseconds)
  try {
    printEvent({ event: 'listening', port: await seller.listen(terms.port) })
    await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')])
    await payments.leaveSettled(settleMillisecondsMax)
  } finally {
    clearInterval(timer)
    await seller.close()
    await payments.close()
    await searcher.close()
  }
  const { billed, earned, cashed } = payments.sales()
  printEvent({ event: 'sale', billed: `${billed}`, earned: `${earned}`, cashed: `${cashed}` })
}
