/**
 * The epochs of a seller's market as `seed --jsonl` shows them, and the time in which every contender kept asking: what a
 * market is held to is what it does with those who want bytes, not with those whose process got no core.
 */

import { readFileSync } from 'node:fs'

/** What one contender got. */
export interface Taken {
  readonly paidBytes: number
  readonly freeBytes: number
}

export interface Row extends Taken {
  readonly awake: boolean
  /** Bytes a second: the paid share, and what the market takes it to want. */
  readonly share: number
  readonly demand: number
  /** It stood without a request or socket room for over 250 ms of the last epoch. */
  readonly limited: boolean
}

/** The first report of an epoch. */
export interface EpochStart {
  readonly epoch: number
  readonly at: number
  readonly uploadedBytes: number
  readonly price: number
  readonly rows: ReadonlyMap<string, Row>
  /** For how long the seller has stood in the queue for a core so far. */
  readonly waitedSeconds: number
}

/** The documented `progress` event of `seed --jsonl`, as far as it is read here. */
interface SellerEvent {
  readonly event: string
  readonly at: number
  readonly uploadedBytes: number
  readonly epochs?: number
  readonly pricePerMiB?: string
  readonly sources: readonly { readonly id: number; readonly address: { readonly host: string } }[]
  readonly buyers?: readonly (Row & { readonly peer: number })[]
}

/** Reads a seller's lines as they come. */
export class SellerEpochs {
  readonly starts: EpochStart[] = []
  readonly #names: ReadonlyMap<string, string>
  readonly #pid: number
  #linesRead = 0

  /** @param names of the contenders, by host */
  constructor(names: ReadonlyMap<string, string>, pid: number) {
    this.#names = names
    this.#pid = pid
  }

  read(lines: readonly string[]): readonly EpochStart[] {
    for (const line of lines.slice(this.#linesRead)) {
      // The command documents its events.
      const event = JSON.parse(line) as SellerEvent
      const { epochs, buyers } = event
      if (epochs === undefined || buyers === undefined || epochs === this.starts.at(-1)?.epoch) continue
      const names = new Map(event.sources.map(({ id, address }) => [id, this.#names.get(address.host)]))
      this.starts.push({
        epoch: epochs,
        at: event.at,
        uploadedBytes: event.uploadedBytes,
        price: Number(event.pricePerMiB),
        rows: new Map(buyers.map((row) => [names.get(row.peer) ?? String(row.peer), row])),
        waitedSeconds: queuedSeconds(this.#pid),
      })
    }
    this.#linesRead = lines.length
    return this.starts
  }
}

/** Epochs in which every contender kept asking, and what is told of the others. */
export interface Contended {
  readonly seconds: number
  readonly uploadedBytes: number
  readonly waitedSeconds: number
  readonly taken: ReadonlyMap<string, Taken>
  readonly counted: number
  /** Who had asked for nothing in an epoch that was left out: in how many. */
  readonly leftOut: ReadonlyMap<string, number>
}

/**
 * Sums the epochs that count. An epoch does not when a contender was limited by itself in it or beside it, or when the
 * share of one is still held down by a demand that was measured in such an epoch.
 */
export function contendedOf(starts: readonly EpochStart[]): Contended {
  const taken = new Map<string, Taken>()
  const leftOut = new Map<string, number>()
  let [seconds, uploadedBytes, waited, counted] = [0, 0, 0, 0]
  for (const [i, start] of starts.entries()) {
    const [end, after] = [starts[i + 1], starts[i + 2]]
    if (end === undefined || after === undefined) break
    const idle = new Set([start, end, after].flatMap(limitedIn))
    for (const name of [...idle, ...heldDown(start)]) leftOut.set(name, (leftOut.get(name) ?? 0) + 1)
    if (idle.size > 0 || heldDown(start).length > 0 || end.epoch !== start.epoch + 1) continue
    counted++
    seconds += (end.at - start.at) / 1000
    uploadedBytes += end.uploadedBytes - start.uploadedBytes
    waited += end.waitedSeconds - start.waitedSeconds
    for (const [name, row] of end.rows) taken.set(name, takenMore(taken.get(name), row, start.rows.get(name)))
  }
  return { seconds, uploadedBytes, waitedSeconds: waited, taken, counted, leftOut }
}

/** Bidders whose share is all that the market takes them to want. */
export function heldDown({ rows }: EpochStart): string[] {
  return [...rows].flatMap(([name, { share, demand }]) => (share > 0 && demand <= share ? [name] : []))
}

function limitedIn({ rows }: EpochStart): string[] {
  return [...rows].flatMap(([name, { limited }]) => (limited ? [name] : []))
}

function takenMore(sum: Taken | undefined, end: Row, start: Row | undefined): Taken {
  if (start === undefined) throw new Error('a contender that came to the seller while it was measured')
  return {
    paidBytes: (sum?.paidBytes ?? 0) + end.paidBytes - start.paidBytes,
    freeBytes: (sum?.freeBytes ?? 0) + end.freeBytes - start.freeBytes,
  }
}

/** For how long the main thread of a process could have run and had no core: Linux counts it; 0 where it does not. */
export function queuedSeconds(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[1] ?? 0) / 1e9
  } catch {
    return 0 // that a process ended is told elsewhere
  }
}
