/** A bounded set of open files for a thread that works synchronously: the least recently used one is closed. */

import { closeSync, constants, openSync } from 'node:fs'
import { type DiskFailure, failureFrom } from './errors.ts'
import { fileOf, type Layout } from './layout.ts'

/** A failed file operation on its way out of the worker. */
export class FailedOperation extends Error {
  override readonly name = 'FailedOperation'
  readonly failure: DiskFailure

  constructor(thrown: unknown, doing: string, path: string) {
    super(doing, { cause: thrown })
    this.failure = failureFrom(thrown, doing, path)
  }
}

export class OpenFiles {
  readonly #layout: Layout
  readonly #flags: number
  readonly #max: number
  /** File index to descriptor, least recently used first. */
  readonly #descriptors = new Map<number, number>()

  constructor(layout: Layout, access: 'read' | 'write', max: number) {
    this.#layout = layout
    this.#flags = access === 'read' ? constants.O_RDONLY : constants.O_RDWR | (constants.O_NOFOLLOW ?? 0)
    this.#max = max
  }

  /** Never creates a file: one that vanished is an error. */
  descriptor(fileIndex: number): number {
    const open = this.#descriptors.get(fileIndex)
    if (open !== undefined) {
      this.#descriptors.delete(fileIndex)
      this.#descriptors.set(fileIndex, open)
      return open
    }
    if (this.#descriptors.size >= this.#max) this.#closeOldest()
    const { path } = fileOf(this.#layout, fileIndex)
    try {
      const fd = openSync(path, this.#flags)
      this.#descriptors.set(fileIndex, fd)
      return fd
    } catch (thrown) {
      throw new FailedOperation(thrown, 'opening', path)
    }
  }

  closeAll(): void {
    for (const fd of this.#descriptors.values()) closeSync(fd)
    this.#descriptors.clear()
  }

  #closeOldest(): void {
    for (const [fileIndex, fd] of this.#descriptors) {
      this.#descriptors.delete(fileIndex)
      closeSync(fd)
      return
    }
  }
}
