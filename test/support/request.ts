/** HTTP requests made in the place where the server is, which may be another network namespace. */

import { fileURLToPath } from 'node:url'
import type { Place } from './network.ts'
import { run } from './processes.ts'

const requestScript = fileURLToPath(new URL('request.js', import.meta.url))

/** A GET, or a POST of a JSON body; answers the body. */
export async function request(place: Place, url: string, body?: string): Promise<string> {
  const args = body === undefined ? [requestScript, url] : [requestScript, url, body]
  const done = await run(...place.wrap(process.execPath, args))
  const ended = await done.ended
  if (ended.code !== 0) throw new Error(`${url}: ${done.printed}`)
  return done.out.join('\n')
}
