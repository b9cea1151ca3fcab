/** Small disks that a test fills: a tmpfs in place of a folder, which only root may mount. */

import { spawnSync } from 'node:child_process'
import { closeSync, cpSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { errnoOf } from '@millrace/base'

/** Whether it is mounted now. `size` as tmpfs names it: 4m. */
export function mountDisk(folder: string, size: string): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]).status === 0
}

/** Also where a file of it is still open. */
export function unmountDisk(folder: string): void {
  spawnSync('umount', ['--lazy', folder])
}

export function canMountDisks(): boolean {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-mount-'))
  const mounted = mountDisk(folder, '1m')
  if (mounted) unmountDisk(folder)
  rmSync(folder, { recursive: true, force: true })
  return mounted
}

/** Puts what the folder holds, which may be nothing yet, on a disk of its own that takes its place. */
export function moveToDisk(folder: string, size: string): void {
  mkdirSync(folder, { recursive: true })
  const kept = mkdtempSync(path.join(tmpdir(), 'millrace-moved-'))
  try {
    cpSync(folder, kept, { recursive: true })
    if (!mountDisk(folder, size)) throw new Error(`${folder}: no tmpfs was mounted`)
    cpSync(kept, folder, { recursive: true })
  } finally {
    rmSync(kept, { recursive: true, force: true })
  }
}

/** Writes a file until the disk takes no more. */
export function fillDisk(file: string): void {
  const descriptor = openSync(file, 'w')
  try {
    for (;;) if (writeSync(descriptor, Buffer.alloc(1 << 20)) === 0) return
  } catch (thrown) {
    if (errnoOf(thrown) !== 'ENOSPC') throw thrown
  } finally {
    closeSync(descriptor)
  }
}
