/** The program under test, as its user runs it: a process with arguments. */

import { fileURLToPath } from 'node:url'
import type { Place } from './network.ts'
import { eventually, type Running, start } from './processes.ts'

const bin = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url))

/** Folders for keys, books and resume data: a test never touches those of the user. */
export interface Home {
  readonly folder: string
  readonly env?: Readonly<Record<string, string>>
}

export function startMillrace(home: Home, args: readonly string[], place?: Place): Running {
  const [command, wrapped] = place?.wrap(process.execPath, [bin, ...args]) ?? [process.execPath, [bin, ...args]]
  const env = {
    HOME: home.folder,
    XDG_CONFIG_HOME: `${home.folder}/config`,
    XDG_DATA_HOME: `${home.folder}/data`,
    XDG_STATE_HOME: `${home.folder}/state`,
    XDG_CACHE_HOME: `${home.folder}/cache`,
    ...home.env,
  }
  return start(command, wrapped, { env, cwd: home.folder })
}

/** Runs to the end. */
export async function millrace(home: Home, args: readonly string[], timeoutMilliseconds = 60_000): Promise<Running> {
  const running = startMillrace(home, args)
  await running.end(timeoutMilliseconds)
  return running
}

/** What `get --json` prints at least. */
export interface GetReport {
  readonly bytes: number
  readonly seconds: number
  readonly bytesPerSecond: number
  readonly cpuSeconds: number
  readonly rssKiB: number
}

/** An event of `--jsonl`: `progress` every quarter of a second, `result` last. Amounts are decimal strings. */
export interface Progress {
  readonly event: string
  readonly bytes: number
}

/** Waits until a `get --jsonl` reports at least `bytes` verified or received. */
export async function untilBytes(running: Running, bytes: number, timeoutMilliseconds = 60_000): Promise<void> {
  await eventually(`${bytes} bytes have come`, timeoutMilliseconds, () => {
    if (running.isOver) throw new Error(`ended before ${bytes} bytes had come: ${running.printed}`)
    return progressOf(running).some((progress) => progress.bytes >= bytes)
  })
}

function progressOf(running: Running): Progress[] {
  return running.out
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Progress)
    .filter((event) => event.event === 'progress')
}
