/** What a run is made of: plain data that is written as JSON. Rates in bytes a second, times in seconds. */

/** A number, a uniform draw, or one of a list with equal chance; drawn for each peer. */
export type Quantity = number | { readonly min: number; readonly max: number } | { readonly oneOf: readonly number[] }

/** When the peers of a class come. */
export type Arrival =
  /** All at one time. */
  | { readonly kind: 'at'; readonly second: number }
  /** A flash crowd: evenly drawn over a short while. */
  | { readonly kind: 'flash'; readonly fromSecond: number; readonly overSeconds: number }
  | { readonly kind: 'poisson'; readonly fromSecond: number; readonly perSecond: number }

/** When they go. */
export interface Departure {
  /** Seconds of seeding after completion; absent: it stays. */
  readonly seedSeconds?: number
  /** The chance a second that it gives up before it is complete. */
  readonly abortsPerSecond?: number
}

/** What a class asks for its upload. Amounts are decimal strings in base units, here and below. */
export interface Selling {
  readonly askPerMiB: string
  /** Millionths; the client's default when absent. */
  readonly freeSharePpm?: number
}

/** What a peer of a class spends at most, as `millrace get --budget` would. */
export interface Paying {
  readonly budget: string
  readonly spendPerSecond: string
  readonly priceMaxPerMiB: string
  /** What its vault holds; the budget when absent. */
  readonly deposit?: string
}

export interface PeerClass {
  readonly name: string
  readonly count: number
  readonly uploadBytesPerSecond: Quantity
  readonly downloadBytesPerSecond: Quantity
  /** What the uplink really carries; the upload limit and 1/19 of it more when absent. */
  readonly lineBytesPerSecond?: number
  readonly arrival: Arrival
  readonly departure: Departure
  /** Whether it has the content when it comes. */
  readonly has: 'nothing' | 'all'
  /** One of the behaviours that the run knows, with parameters of its own. */
  readonly behaviour: { readonly kind: string; readonly [parameter: string]: unknown }
  readonly sells?: Selling
  readonly pays?: Paying
  /** Peers with one address group share one free share; each peer is its own when absent. */
  readonly addressGroup?: string
  /** How many peers it keeps; the scenario's when absent. */
  readonly connectionsMax?: number
}

export interface Scenario {
  readonly name: string
  readonly title: string
  /** The paper or the page that it follows. */
  readonly source?: string
  readonly seed: number
  /** The run ends then, or when everybody who came for the content has it or is gone. */
  readonly secondsMax: number
  readonly contentBytes: number
  readonly pieceBytes: number
  /** Blocks of 16 KiB that move as one: 1 is the block level, more is cheaper and coarser (see `content.ts`). */
  readonly blocksPerUnit: number
  /** A peer acts on what came every so many milliseconds, a divisor of 250 up to 50; at once when absent (see `turns.ts`). */
  readonly turnMs?: number
  /** One way, from a peer to the middle of the network; a path is the sum of two. */
  readonly latencyMs: Quantity
  readonly connectionsMax: number
  readonly unchokeSlots: number
  readonly classes: readonly PeerClass[]
}
