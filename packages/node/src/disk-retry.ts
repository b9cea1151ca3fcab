/** Waits for a disk that failed: tells it once, tries again and again, tells when it works. */

import type { DiskError } from '@millrace/disk'

/** From one try to the next. */
export const diskRetryMilliseconds = 5_000

/** Who is told. */
export interface DiskWait {
  onTrouble(error: DiskError): void
  onMended(): void
}

export class DiskRetry {
  readonly #wait: DiskWait
  readonly #isMended: () => Promise<boolean>
  #timer: NodeJS.Timeout | undefined
  #isWaiting = false
  isStopped = false

  /** `isMended` tries the disk, and takes up the work when it can. */
  constructor(wait: DiskWait, isMended: () => Promise<boolean>) {
    this.#wait = wait
    this.#isMended = isMended
  }

  start(error: DiskError): void {
    if (this.#isWaiting || this.isStopped) return
    this.#isWaiting = true
    this.#wait.onTrouble(error)
    this.#later()
  }

  stop(): void {
    this.isStopped = true
    clearTimeout(this.#timer)
  }

  #later(): void {
    this.#timer = setTimeout(() => this.#try(), diskRetryMilliseconds)
  }

  async #try(): Promise<void> {
    const isMended = await this.#isMended()
    if (this.isStopped) return
    if (!isMended) return this.#later()
    this.#isWaiting = false
    this.#wait.onMended()
  }
}
