import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { waitForListener } from '../support/network.ts'
import { start } from '../support/processes.ts'
import type { Job, Leeching, Peer, Seeding } from './peer.ts'

/** Debian's own Python: another one in PATH would not find the package. */
const python = '/usr/bin/python3'
const script = fileURLToPath(new URL('libtorrent-peer.py', import.meta.url))

interface Report {
  readonly uploadedBytes: number
  readonly bytes: number
}

function version(): string | undefined {
  const asked = spawnSync(python, ['-c', 'import libtorrent; print(libtorrent.__version__)'], { encoding: 'utf8' })
  return asked.status === 0 ? asked.stdout.trim() : undefined
}

export const libtorrent: Peer = {
  name: 'libtorrent',
  version: version(),
  remedy: 'apt-get install python3-libtorrent',
  refusesLoopback: false,
  findsBy: 'address',
  seed: (job) => seedFrom(job),
  leech: (job) => leechFrom(job, ['--torrent', job.torrent]),
}

async function seedFrom(job: Job): Promise<Seeding> {
  const where = ['--torrent', job.torrent, '--path', path.dirname(job.content)]
  const running = start(...job.place.wrap(python, [script, 'seed', ...where, ...listenAt(job)]))
  await waitForListener(running, job.port)
  return {
    async finish() {
      await running.stop('SIGTERM')
      return running.json<Report>().uploadedBytes
    },
  }
}

/** Gets by whatever names the torrent: a file, or a magnet link whose metadata comes from the peers. */
export async function leechFrom(job: Job, what: readonly string[]): Promise<Leeching> {
  const peers = job.peers.flatMap((peer) => ['--peer', peer])
  const args = [script, 'leech', ...what, '--path', job.out, ...listenAt(job), ...peers]
  const running = start(...job.place.wrap(python, args))
  return {
    async finish(timeoutMilliseconds) {
      const ended = await running.end(timeoutMilliseconds)
      if (ended.code !== 0) throw new Error(running.printed)
      return running.json<Report>().bytes
    },
  }
}

function listenAt(job: Job): string[] {
  return ['--host', job.place.host, '--port', String(job.port)]
}
