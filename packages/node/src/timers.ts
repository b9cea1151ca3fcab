/** The event loop's timers behind the swarm's port. */

import type { Timers } from '@millrace/swarm'

export const systemTimers: Timers = {
  after(milliseconds, wake) {
    if (milliseconds <= 0) {
      const immediate = setImmediate(wake)
      return () => clearImmediate(immediate)
    }
    const timer = setTimeout(wake, milliseconds)
    return () => clearTimeout(timer)
  },
}
