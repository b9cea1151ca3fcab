/** What one seller asked and billed, second by second. */

import type { Btt } from '@millrace/base'
import { type MarketOptions, UploadMarket } from '@millrace/market'

export interface SalesSecond {
  /** What it asked for a MiB at the end of this second; undefined: it sold nothing. */
  ask: Btt | undefined
  billed: bigint
  billedBytes: number
}

export class SalesDiary {
  readonly seconds: SalesSecond[] = []

  note(bytes: number, billed: Btt, nowMs: number): void {
    const second = this.#at(nowMs)
    second.billed += billed
    second.billedBytes += bytes
  }

  noteAsk(ask: Btt | undefined, nowMs: number): void {
    this.#at(nowMs).ask = ask
  }

  #at(nowMs: number): SalesSecond {
    const index = Math.floor(nowMs / 1_000)
    while (this.seconds.length <= index) {
      this.seconds.push({ ask: this.seconds.at(-1)?.ask, billed: 0n, billedBytes: 0 })
    }
    return this.seconds[index] as SalesSecond // filled up to it just now
  }
}

/** The client's market that writes down what it bills. */
export class CountedMarket extends UploadMarket {
  readonly #diary: SalesDiary

  constructor(options: MarketOptions, diary: SalesDiary) {
    super(options)
    this.#diary = diary
  }

  override served(peer: number, bytes: number, nowMs: number): Btt {
    const billed = super.served(peer, bytes, nowMs)
    if (billed > 0n) this.#diary.note(bytes, billed, nowMs)
    return billed
  }
}
