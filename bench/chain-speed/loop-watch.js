// A watch on this process's event loop: asked `stall` over IPC, it answers with the longest delay since the last time, and
// with that which one in a thousand exceeds. Started as a program it does nothing else: what it sees then is the machine's.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'

const resolution = 1

/** Milliseconds, to a tenth. */
export function watchLoop() {
  const loop = monitorEventLoopDelay({ resolution })
  loop.enable()
  process.on('message', () => {
    const milliseconds = (nanoseconds) => Math.round(nanoseconds / 1e5) / 10
    process.send({
      stallMilliseconds: milliseconds(loop.max),
      stallMillisecondsOfThousand: milliseconds(loop.percentile(99.9)),
    })
    loop.reset()
  })
  process.on('disconnect', () => process.exit())
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  watchLoop()
  process.send('ready')
}
