/**
 * Piece storage: memory of pieces in flight, SHA-1 in worker threads over shared memory, files, resume data, and
 * reading verified bytes back for upload. It implements the swarm's port `Store`; what to download is not decided here.
 *
 *     acquire(7) -> memory      blocks are copied in as they arrive
 *     commit(7)                 slot number -> worker: hash, then write from the same memory
 *     onVerified(7)             slot number <- worker; release(7) gives the memory back
 *     lookup(7, 0, 16384)       undefined: fetch(7, 0, 16384), then onFetched(7); else a pinned extent, later unpin
 */

export { DiskError, type DiskErrorCode } from './errors.ts'
export { lookupBytesMax } from './extent-cache.ts'
export { type FileToHash, type HashFilesOptions, hashFiles } from './hash-files.ts'
export type { StoredInfo } from './layout.ts'
export { type ListedFile, type Listing, listFolder } from './list-folder.ts'
export { openStorage, type StorageComponents, type StorageOptions } from './open-storage.ts'
export type { Allocation } from './prepare.ts'
export type { Resumed, Storage, StorageEvents, StorageStats, StoredExtent } from './storage.ts'
