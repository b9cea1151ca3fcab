/** A port: what the node knows of its place among others. The drivers of consensus have it; a chain that makes its own blocks is alone. */

export interface NetworkView {
  /** Connected nodes. */
  peers(): Promise<number>
  /** How far the node is behind the others; undefined when it follows them. */
  behind(): Promise<Behind | undefined>
}

/** Numbers of blocks, as eth_syncing tells them. */
export interface Behind {
  /** The head when the node fell behind. */
  readonly starting: number
  readonly current: number
  /** The highest that any peer has told of. */
  readonly highest: number
}

/** One process makes every block: no peers, never behind. */
export const alone: NetworkView = { peers: async () => 0, behind: async () => undefined }
