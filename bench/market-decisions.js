// Block decisions of one uplink under contention: choose, then served with its billing, all payers awake and paid ahead.

import { cpuMilliseconds } from './support.js'

const blockBytes = 16_384
const freePeers = 4
const bytesPerSecond = 1e9
/** Time passes a little faster than the link sends, so that there is room for each block. */
const bytesPerMillisecond = (0.99 * bytesPerSecond) / 1000
/** Only so many bids change in an epoch: a thousand need some. */
const wakingEpochs = 40

export function decisionRates({ UploadMarket }, blocks) {
  return [4, 100, 1_000].map((payers) => ({ payers, ...decisions(UploadMarket, payers, blocks) }))
}

function decisions(UploadMarket, payers, blocks) {
  const market = new UploadMarket({
    capacity: { kind: 'limited', bytesPerSecond },
    askPerMiB: 10n ** 15n,
    wakePpm: 0,
    sleepPpm: 0,
  })
  for (let peer = 0; peer < payers + freePeers; peer += 1) addPeer(market, peer)
  for (let epoch = 0; epoch < wakingEpochs; epoch += 1) market.epoch(epoch)
  const timeOf = (block) => wakingEpochs + (block * blockBytes) / bytesPerMillisecond
  const serve = (from, to) => {
    for (let block = from; block < to; block += 1) {
      const now = timeOf(block)
      market.served(market.choose(now), blockBytes, now)
    }
  }
  const warmUp = Math.floor(blocks / 10)
  serve(0, warmUp)
  const start = performance.now()
  const startCpu = cpuMilliseconds()
  serve(warmUp, warmUp + blocks)
  const cpuSeconds = (cpuMilliseconds() - startCpu) / 1000
  const seconds = (performance.now() - start) / 1000
  const views = Array.from({ length: payers }, (_, i) => market.peerView(freePeers + i))
  const paidBytes = views.reduce((sum, view) => sum + view.paidBytes, 0)
  return {
    perSecond: Math.round(blocks / seconds),
    perCpuSecond: Math.round(blocks / cpuSeconds),
    paidShare: Number((paidBytes / ((warmUp + blocks) * blockBytes)).toFixed(3)),
    served: views.filter((view) => view.paidBytes > 0).length,
  }
}

function addPeer(market, peer) {
  market.addPeer(peer, `group ${peer}`, 0)
  market.setUnchoked(peer, true, 0)
  market.setBacklog(peer, blockBytes, 0)
  if (peer < freePeers) return
  const account = `account ${peer}`
  market.bindAccount(peer, account, blockBytes, 0)
  market.noteQuote(peer, 10n ** 18n, 0)
  const spendRatePerSecond = 10n ** 17n * BigInt(1 + (peer % 7))
  market.setBid(peer, { number: 1, spendRatePerSecond, priceMaxPerMiB: 10n ** 20n }, 0)
  market.setPaid(account, 10n ** 26n, 0)
}
