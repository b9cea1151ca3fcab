/** The thread that hashes: one step at a time. */

import { parentPort } from 'node:worker_threads'
import { defined } from '@millrace/base'
import { shareBits, sharesPerStep } from './cpu.ts'
import { searchStep } from './job.ts'
import type { SearchOrder } from './search-pool.ts'

const port = defined(parentPort, 'to run as a worker')
port.on('message', ({ seed, step }: SearchOrder) => {
  port.postMessage(searchStep(seed, step, { bits: shareBits, count: sharesPerStep }))
})
