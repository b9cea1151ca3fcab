/** What the loop and its reader threads tell each other. */

import type { ResolvedGenesis } from '../genesis/config.ts'

export interface ReaderSetup {
  /** Of the chain's store. */
  readonly folder: string
  readonly genesis: ResolvedGenesis
}

/** One JSON-RPC call over the chain as the loop sees it: the store may hold a block more. */
export interface Job {
  readonly method: string
  readonly params: readonly unknown[]
  readonly head: number
  readonly finalized: number
  readonly nextTimestamp: number
}

export interface Order {
  readonly id: number
  readonly job: Job
}

export type Answer = { readonly id: number } & (
  | { readonly kind: 'result'; readonly json: string }
  /** The caller's fault: the RpcError's parts. */
  | { readonly kind: 'refused'; readonly code: number; readonly message: string; readonly data: string | undefined }
  /** Ours. */
  | { readonly kind: 'failed'; readonly message: string }
)
