/** What the demo's processes tell by `--jsonl`, as it arrives: amounts are decimal strings, absent fields are absent. */

import type { Purchase, Sales, TransferReport } from '@millrace/node'

/** A report after its way through JSON. */
export type Jsoned<Value> = Value extends bigint
  ? string
  : Value extends readonly (infer Item)[]
    ? readonly Jsoned<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Jsoned<Value[Key]> }
      : Value

export interface ReadyEvent {
  readonly event: 'ready'
  readonly rpc: string
  readonly vault: string
}

/** Of a tracker its URL; of a client its port and its peer id. */
export interface ListeningEvent {
  readonly event: 'listening'
  readonly url?: string
  readonly port?: number
  /** 40 hex digits. */
  readonly peerId?: string
}

/** `at` is the time of the report: milliseconds since 1970. */
export type SellerReport = Jsoned<TransferReport & Sales>
export type SellerProgress = SellerReport & { readonly event: 'progress'; readonly at: number }
export type LeecherReport = Jsoned<TransferReport & Partial<Purchase>>
export type LeecherProgress = LeecherReport & { readonly event: 'progress'; readonly at: number }

export type SellerEvent = ListeningEvent | SellerProgress | (SellerReport & { readonly event: 'result' })
export type LeecherEvent = ListeningEvent | LeecherProgress | (LeecherReport & { readonly event: 'result' })

/** One line of `--jsonl`, with its kind. */
export interface AnyEvent {
  readonly event: string
}

/** The event on a line; undefined when it is none. */
export function parseEvent<Event extends AnyEvent>(line: string): Event | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const value: unknown = JSON.parse(line)
    const isEvent = typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string'
    // Its kind was just looked at; the rest is what our own command documents.
    return isEvent ? (value as Event) : undefined
  } catch {
    return undefined
  }
}
