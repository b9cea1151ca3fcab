/** `millrace tracker`: a small HTTP tracker (BEP 3, 7, 23, 48). */

import { runTracker } from '@millrace/node'
import type { Command } from 'commander'
import { untilInterrupted } from '../interrupt.ts'
import { note, type OutputFlags, printEvent, printLine } from '../output.ts'
import { parsePort, parseWhole } from '../parse-options.ts'

interface TrackerFlags extends OutputFlags {
  readonly host: string
  readonly port: number
  readonly interval: number
}

export function addTracker(program: Command): void {
  program
    .command('tracker')
    .summary('run an HTTP tracker')
    .description('Run an HTTP tracker until interrupted.')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('-p, --port <port>', 'port to listen on; 0 takes a free one', parsePort, 6969)
    .option('--interval <seconds>', 'how often peers are asked to announce', parseWhole, 60)
    .option('--jsonl', 'print events as lines of JSON')
    .action(run)
}

async function run(flags: TrackerFlags): Promise<void> {
  const tracker = await runTracker({ host: flags.host, port: flags.port, intervalSeconds: flags.interval })
  if (flags.jsonl === true) printEvent('listening', { url: tracker.url })
  else printLine(tracker.url)
  note('tracker running, Ctrl-C ends it')
  await untilInterrupted()
  await tracker.close()
}
