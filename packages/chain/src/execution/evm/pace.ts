/** How much the EVM may do in one turn of the event loop. Counted and not timed: execution reads no clock. */

import { nextTurn } from '../../turn.ts'

/** Some milliseconds' worth: an instruction counts 1. */
const turnWorkMax = 20_000

export class Pace {
  private left = turnWorkMax
  private readonly check: () => void

  /** @param check called at each turn: throws where whoever asked for the work has lost patience */
  constructor(check: () => void = () => {}) {
    this.check = check
  }

  /** Notes work done; true when it is time to let others in. */
  spend(work: number): boolean {
    this.left -= work
    return this.left < 0
  }

  /** Lets whatever waits for the loop run. */
  async rest(): Promise<void> {
    this.left = turnWorkMax
    await nextTurn()
    this.check()
  }
}
