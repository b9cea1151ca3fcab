import { closeSync, fsyncSync, openSync } from 'node:fs'

/** Waits until the names of a folder are on disk: those of files that were made in it, renamed or removed. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
