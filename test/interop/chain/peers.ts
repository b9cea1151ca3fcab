/** Programs of others that install scripts put beside the repo's own packages, in a folder outside it. */

import { execFile } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { canUse } from '../../support/skips.ts'

const outputBytesMax = 16_777_216

/** As scripts/npm-peer.sh has it. */
export function peerPath(name: string): string {
  return path.join(process.env.MILLRACE_PEERS ?? path.join(homedir(), '.cache/millrace/peers'), name)
}

/** Whether tests run that need these programs, all from one script. */
export function canUsePeers(what: string, names: readonly string[], script: string): boolean {
  return canUse(
    what,
    names.every((name) => existsSync(peerPath(name))),
    `run ${script}`,
  )
}

/** What a program prints, run in a folder that is its home too: nothing of the user's is read or written. */
export async function outputOf(
  file: string,
  args: readonly string[],
  folder: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const { stdout } = await promisify(execFile)(file, args, {
    cwd: folder,
    env: {
      ...process.env,
      HOME: folder,
      XDG_CONFIG_HOME: folder,
      XDG_DATA_HOME: folder,
      XDG_CACHE_HOME: folder,
      NO_COLOR: '1',
      ...env,
    },
    maxBuffer: outputBytesMax,
  })
  return stdout.trim()
}
