/**
 * An example: CPU seconds sold by the market and the vouchers that sell upload. A seller hashes for several buyers at once;
 * each pays for the shares that it checked. `main.ts` is its command line, README.md says what it shows and what it cannot.
 */

export { CpuBuyer, type JobResult } from './buyer.ts'
export { cpu, shareBits, sharesPerStep, subjectOf } from './cpu.ts'
export { type Job, searchStep } from './job.ts'
export { decodeMessage, encodeMessage, type Message } from './messages.ts'
export type { RunResult } from './run.ts'
export type { Searcher } from './search-pool.ts'
export { CpuSeller } from './seller.ts'
