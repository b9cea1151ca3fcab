/** Block decisions a second of one market under contention. Run: node packages/market/src/upload-market.bench.ts */

import { blockBytes, btt } from '@millrace/base'
import { UploadMarket } from './upload-market.ts'

const blocks = 2_000_000

for (const payers of [1, 4, 20, 100]) {
  const market = new UploadMarket({
    capacity: { kind: 'measured', startBytesPerSecond: 1e9 },
    askPerMiB: btt(10n ** 15n),
    wakePpm: 0,
    sleepPpm: 0,
  })
  for (let peer = 0; peer < payers + 4; peer++) {
    market.addPeer(peer, `group ${peer}`, 0)
    market.setUnchoked(peer, true, 0)
    market.setBacklog(peer, blockBytes, 0)
    if (peer < 4) continue
    market.bindAccount(peer, `account ${peer}`, blockBytes, 0)
    market.noteQuote(peer, btt(10n ** 15n), 0)
    market.setBid(peer, { number: 1, spendRatePerSecond: btt(10n ** 19n), priceMaxPerMiB: btt(10n ** 20n) }, 0)
    market.setPaid(`account ${peer}`, btt(10n ** 26n), 0)
  }
  market.epoch(1)
  const start = performance.now()
  let epochs = 0
  let epochMs = 0
  for (let block = 0; block < blocks; block++) {
    const now = 1 + (block * blockBytes) / 1e6
    market.served(market.choose(now), blockBytes, now)
    if (block % 60_000 === 0) {
      const before = performance.now()
      market.epoch(now)
      epochMs += performance.now() - before
      epochs++
    }
  }
  const seconds = (performance.now() - start) / 1000
  const rate = Math.round(blocks / seconds).toLocaleString('en')
  process.stdout.write(
    `${payers} payers, 4 free: ${rate} decisions a second, ${(epochMs / epochs).toFixed(2)} ms an epoch\n`,
  )
}
