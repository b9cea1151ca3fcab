/**
 * The lab: a swarm in virtual time over the client's own policies (upload market, choker, downloader with its picker and
 * request window, the buyer's rules). A scenario is plain data, so is its result; the same scenario gives the same bytes.
 *
 *     parseScenario -> runScenario -> resultJson, peersCsv, reportHtml
 *
 * Lines and latency are modelled (`uplink.ts`, `downlink.ts`), vouchers are promises without signatures (`trade.ts`).
 */

export { runScenario } from './swarm-run.ts'
