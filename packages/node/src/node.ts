/**
 * The composition root: a running client. Each part is built by one named step and handed to those that need it; nothing
 * else in the repo constructs a transport, a market or a session together.
 */

import { type Btt, type Logger, type Random, systemClock, systemRandom, zeroBtt } from '@millrace/base'
import { emptySalesTally, type MarketOptions, type SalesFacts, tallyEpoch, UploadMarket } from '@millrace/market'
import { createTcpTransport } from '@millrace/net'
import { Session, unchokeSlotsDefault } from '@millrace/swarm'
import { followFreeShare } from './free-share.ts'
import { clientName, createPeerId } from './identity.ts'
import { buildPayments } from './payments/open-money.ts'
import type { PaymentDesk } from './payments/payment-desk.ts'
import type { MoneyOptions } from './payments/terms.ts'
import { AskKeeper, type StableAskOptions } from './pricing/ask-keeper.ts'
import { systemTimers } from './timers.ts'

/** What a seeder without a limit is taken to carry until it was measured: 10 Gbit/s. */
const capacityStartBytesPerSecond = 1_250_000_000

export interface SellingOptions {
  /** The reserve price; undefined where `stable` moves it. */
  readonly askPerMiB: Btt | undefined
  /** An ask in another unit, converted at the price that feeds say. */
  readonly stable?: StableAskOptions | undefined
  /** Part of the upload for who does not pay, in millionths, until the chain says otherwise. */
  readonly freeSharePpm: number
  /** What its owner chose of that, which only the chain's bounds move; undefined: the chain's default, wherever it moves. */
  readonly chosenFreeSharePpm: number | undefined
  /** Bill bids also when they would get as much for nothing. */
  readonly billAlways: boolean
}

export interface NodeOptions {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
  readonly uploadBytesPerSecondMax?: number | undefined
  readonly downloadBytesPerSecondMax?: number | undefined
  readonly unchokeSlots?: number | undefined
  readonly selling?: SellingOptions | undefined
  /** Keys, chain and limits of spending; absent means that the market is off. */
  readonly money?: MoneyOptions | undefined
}

export interface MillraceNode {
  readonly session: Session
  readonly market: UploadMarket
  readonly payments: PaymentDesk | undefined
  /** Where the ask follows feeds. */
  readonly askKeeper: AskKeeper | undefined
  readonly peerId: Uint8Array
  readonly random: Random
  readonly logger: Logger
  /** What is known of why nothing was earned, but for the torrents themselves: for `whyZero`. */
  saleFacts(): Omit<SalesFacts, 'isSellable' | 'isAsked'>
  /** Leaves the swarms, settles what is owed and closes the books. */
  close(): Promise<void>
}

/**
 * Starts a client that listens for peers.
 *
 * @throws NetError when the port is taken; LedgerError, JournalError or WalletError when the money cannot be opened
 * @example
 * const node = await startNode({ host: '0.0.0.0', port: 6881 }, silentLogger)
 */
export async function startNode(options: NodeOptions, logger: Logger): Promise<MillraceNode> {
  const peerId = createPeerId(systemRandom)
  const market = buildMarket(options)
  const { money, selling } = options
  const payments = money && (await buildPayments({ ...money, sells: selling !== undefined }, market, logger))
  let tally = emptySalesTally
  const session = new Session(
    {
      transport: createTcpTransport({}, { logger }),
      market,
      payments,
      clock: systemClock,
      random: systemRandom,
      timers: systemTimers,
      logger,
    },
    {
      peerId,
      clientName,
      unchokeSlots: options.unchokeSlots ?? unchokeSlotsDefault,
      downloadBytesPerSecondMax: options.downloadBytesPerSecondMax,
      onEpoch: (report) => {
        tally = tallyEpoch(tally, report, market.askPerMiB)
        payments?.onEpoch(report)
      },
    },
  )
  try {
    await session.listen({ host: options.host, port: options.port })
  } catch (error) {
    await session.close()
    await payments?.close()
    throw error
  }
  const askKeeper = buildAskKeeper(selling, payments, logger)
  askKeeper?.start()
  const endFreeShare = buildFreeShare(options, market, logger)
  const close = async (): Promise<void> => {
    askKeeper?.close()
    endFreeShare()
    await closeNode(session, payments)
  }
  const saleFacts = (): Omit<SalesFacts, 'isSellable' | 'isAsked'> => ({
    ...(payments?.saleFacts() ?? nothingSold),
    askPerMiB: market.askPerMiB,
    hasLedger: payments !== undefined,
    incoming: session.incomingCount,
    staleFeed: staleFeedOf(askKeeper),
    tally,
  })
  return { session, market, payments, askKeeper, peerId, random: systemRandom, logger, saleFacts, close }
}

/** Who sells on a chain follows its free share; answers how to end that. */
function buildFreeShare({ selling, money }: NodeOptions, market: UploadMarket, logger: Logger): () => void {
  if (selling === undefined || money === undefined) return () => {}
  const { rpcUrl } = money
  return followFreeShare(market, { rpcUrl, chosenPpm: selling.chosenFreeSharePpm, logger })
}

function buildAskKeeper(
  selling: SellingOptions | undefined,
  payments: PaymentDesk | undefined,
  logger: Logger,
): AskKeeper | undefined {
  if (selling?.stable === undefined || payments === undefined) return undefined
  const onAsk = (askPerMiB: Btt | undefined): void => payments.setAsk(askPerMiB)
  return new AskKeeper(selling.stable, { onAsk, clock: systemClock, timers: systemTimers, logger })
}

function buildMarket(options: NodeOptions): UploadMarket {
  const { selling, uploadBytesPerSecondMax } = options
  const marketOptions: MarketOptions = {
    capacity:
      uploadBytesPerSecondMax === undefined
        ? { kind: 'measured', startBytesPerSecond: capacityStartBytesPerSecond }
        : { kind: 'limited', bytesPerSecond: uploadBytesPerSecondMax },
    askPerMiB: selling?.askPerMiB,
    ...(selling === undefined ? {} : { freeSharePpm: selling.freeSharePpm }),
    ...(selling?.billAlways === true ? { wakePpm: 0, sleepPpm: 0 } : {}),
  }
  return new UploadMarket(marketOptions)
}

const nothingSold = { areBooksOpen: true, offered: 0, withoutLedger: 0, uncovered: 0, billed: zeroBtt }

function staleFeedOf(askKeeper: AskKeeper | undefined): SalesFacts['staleFeed'] {
  const view = askKeeper?.view()
  return view?.state === 'free-only' ? { seconds: view.rateAgeSeconds } : undefined
}

/** Goodbyes leave while the connections stand; cashing waits for nothing but the chain. */
async function closeNode(session: Session, payments: PaymentDesk | undefined): Promise<void> {
  payments?.leave()
  await session.close()
  await payments?.close()
}
