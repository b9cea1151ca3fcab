/** What a torrent's info dictionary says, checked and made safe. */

/** The content of an info dictionary (BEP 3, 27, 47). All sizes and offsets are bytes. */
export type Info = {
  /** One safe path component: the file's name, or the folder's. */
  readonly name: string
  readonly pieceLength: number
  readonly pieceCount: number
  readonly totalSize: number
  /** 20 bytes a piece, one after the other. */
  readonly pieceHashes: Uint8Array
  /** Peers may come from its trackers only (BEP 27). */
  readonly isPrivate: boolean
  readonly isMultiFile: boolean
  /** In the order of their bytes in the torrent. */
  readonly files: readonly FileEntry[]
}

export type FileEntry = {
  /** Safe components from the download folder on, the torrent's name first. No two real files share a path. */
  readonly path: readonly string[]
  readonly size: number
  /** Where its bytes begin in the torrent. */
  readonly offset: number
  /** Zeros for alignment that are never written to disk (BEP 47). */
  readonly pad: boolean
  /**
   * A symbolic link of no size (BEP 47) to this path, from the download folder on and always within the torrent.
   * Empty when the torrent named no target that exists in it: such a link is not to be created.
   */
  readonly symlink?: readonly string[]
}

/** A whole .torrent file. */
export type Metainfo = {
  readonly info: Info
  /** The info dictionary exactly as it was received. */
  readonly infoBytes: Uint8Array
  /** SHA-1 of `infoBytes`, 20 bytes. */
  readonly infoHash: Uint8Array
  /** Tiers of announce URLs, the first tier to be tried first (BEP 12). */
  readonly trackers: readonly (readonly string[])[]
  /** Web seeds (BEP 17, 19). */
  readonly webSeeds: readonly string[]
  readonly comment?: string
  readonly createdBy?: string
  /** Seconds since 1970. */
  readonly creationDate?: number
  /** DHT nodes (BEP 5). */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  /** What the file has wrong and was forgiven, in words. */
  readonly warnings: readonly string[]
}
