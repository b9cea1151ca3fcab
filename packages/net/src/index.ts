/**
 * The network: TCP streams for the swarm's `Transport` port, and HTTP trackers from both sides.
 * BEP 3, 7 (IPv6), 12 (tiers), 23 (compact), 48 (scrape). What the bytes of a stream mean is wire's business.
 *
 *     client                                                              tracker
 *     GET /announce?info_hash=%12%34...&peer_id=-MR0100-...&port=6881&uploaded=0&downloaded=0
 *         &left=262144&compact=1&numwant=50&key=9f86d081&event=started HTTP/1.1
 *                                                                      ->
 *                                                                      <-  d8:completei1e10:incompletei1e
 *                                                                          8:intervali1800e5:peers6:......e
 *     ... every interval, then once event=completed, at the end event=stopped
 */

export { type AnnounceReply, decodeAnnounceReply, type TrackerFault, trackerPeersMax } from './announce-reply.ts'
export type { AnnounceEvent, AnnounceTotals } from './announce-url.ts'
export {
  type AnnounceComponents,
  type AnnounceOptions,
  type Announcer,
  startAnnouncing,
  type TrackerStatus,
} from './announcer.ts'
export { NetError, type NetErrorCode } from './errors.ts'
export { type HttpGetOptions, type HttpReply, httpGet } from './http-get.ts'
export { decodeScrapeReply, type ScrapedTorrent, type ScrapeReply, scrapeTracker } from './scrape.ts'
export { createTcpTransport, type TcpComponents, type TcpListener, type TcpOptions, type TcpTransport } from './tcp.ts'
export type { StreamHandler, TcpConnection } from './tcp-connection.ts'
export { systemTimers, type Timers } from './timers.ts'
export {
  startTracker,
  type Tracker,
  type TrackerComponents,
  type TrackerOptions,
  type TrackerStats,
} from './tracker-server.ts'
