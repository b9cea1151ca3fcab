/** The options of every command that joins a swarm. */

import type { Address } from '@millrace/swarm'
import type { Command } from 'commander'
import type { OutputFlags } from './output.ts'
import { parsePort, parseRate, parseWhole } from './parse-options.ts'

export interface SwarmFlags extends OutputFlags {
  readonly host: string
  readonly port: number
  readonly peer: readonly Address[]
  readonly uploadLimit?: number
  readonly downloadLimit?: number
  readonly slots?: number
  readonly market: boolean
  readonly verbose?: boolean
}

export function withSwarmFlags(command: Command): Command {
  return command
    .option('--host <address>', 'address to listen on', '0.0.0.0')
    .option('-p, --port <port>', 'port to listen on; 0 takes a free one', parsePort, 0)
    .option('--upload-limit <rate>', 'bytes a second, like 512K; 0 is none', parseRate)
    .option('--download-limit <rate>', 'bytes a second; 0 is none', parseRate)
    .option('--slots <n>', 'peers served for nothing at a time', parseWhole)
    .option('--no-market', 'neither pay nor earn, whatever else is given')
    .option('--json', 'print one JSON object at the end')
    .option('--jsonl', 'print events as lines of JSON')
    .option('-v, --verbose', 'say more on stderr')
}
