import { mkdirSync } from 'node:fs'
import { type GetReport, startMillrace } from '../support/millrace.ts'
import { waitForListener } from '../support/network.ts'
import type { Job, Leeching, Peer, Seeding } from './peer.ts'

export const ours: Peer = {
  name: 'millrace',
  version: '0.1.0',
  remedy: 'npm run build',
  refusesLoopback: false,
  findsBy: 'address',
  seed: seedFrom,
  leech: (job) => getFrom(job, job.torrent),
}

async function seedFrom(job: Job): Promise<Seeding> {
  const args = ['seed', job.content, '--torrent', job.torrent, '--port', String(job.port), '--json']
  const running = startMillrace({ folder: homeOf(job) }, args, job.place)
  await waitForListener(running, job.port)
  return {
    async finish() {
      const ended = await running.stop('SIGINT')
      if (ended.code !== 0 && ended.code !== 130) throw new Error(running.printed)
      return running.json<{ uploadedBytes: number }>().uploadedBytes
    },
  }
}

/** `source` is a torrent file or a magnet link. */
export async function getFrom(job: Job, source: string): Promise<Leeching> {
  const peers = job.peers.flatMap((peer) => ['--peer', peer])
  const args = ['get', source, '--out', job.out, '--port', String(job.port), ...peers, '--json']
  const running = startMillrace({ folder: homeOf(job) }, args, job.place)
  return {
    async finish(timeoutMilliseconds) {
      const ended = await running.end(timeoutMilliseconds)
      if (ended.code !== 0) throw new Error(`ended with ${ended.code}: ${running.printed}`)
      return running.json<GetReport>().bytes
    },
  }
}

function homeOf(job: Job): string {
  const folder = `${job.scratch}/home`
  mkdirSync(folder, { recursive: true })
  return folder
}
