import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { freePort, waitForListener } from '../support/network.ts'
import { eventually, type Running, start } from '../support/processes.ts'
import { request } from '../support/request.ts'
import type { Job, Peer } from './peer.ts'

/** What aria2's JSON-RPC says of a download: numbers are decimal strings. */
interface Download {
  readonly status: string
  readonly completedLength: string
  readonly uploadLength: string
  readonly errorMessage?: string
}

function version(): string | undefined {
  const asked = spawnSync('aria2c', ['--version'], { encoding: 'utf8' })
  return asked.status === 0 ? asked.stdout.split('\n')[0]?.replace('aria2 version ', '') : undefined
}

export const aria2: Peer = {
  name: 'aria2',
  version: version(),
  remedy: 'apt-get install aria2',
  refusesLoopback: false,
  findsBy: 'tracker',

  async seed(job) {
    const folder = path.dirname(job.content)
    const daemon = await startDaemon(job, folder, ['--check-integrity=true', '--seed-ratio=0.0'])
    await eventually('aria2 has checked the payload', 60_000, () => daemon.download((it) => it.status === 'active'))
    return {
      async finish() {
        const download = await daemon.download(() => true)
        await daemon.running.stop('SIGTERM')
        return Number(download?.uploadLength ?? 0)
      },
    }
  },

  async leech(job) {
    const daemon = await startDaemon(job, job.out, ['--seed-time=0'])
    return {
      async finish(timeoutMilliseconds) {
        const download = await eventually(`aria2 completes\n${daemon.running.printed}`, timeoutMilliseconds, () =>
          daemon.download((it) => it.status === 'complete' || it.status === 'error'),
        )
        await daemon.running.stop('SIGTERM')
        if (download.status === 'error') throw new Error(download.errorMessage ?? daemon.running.printed)
        return Number(download.completedLength)
      },
    }
  },
}

interface Daemon {
  readonly running: Running
  download(wanted: (download: Download) => boolean): Promise<Download | undefined>
}

async function startDaemon(job: Job, folder: string, more: readonly string[]): Promise<Daemon> {
  const rpcPort = await freePort()
  const quiet = [
    '--no-conf',
    '--enable-dht=false',
    '--enable-dht6=false',
    '--bt-enable-lpd=false',
    '--file-allocation=none',
  ]
  const ports = [`--listen-port=${job.port}`, '--enable-rpc', `--rpc-listen-port=${rpcPort}`]
  const args = [...quiet, ...ports, ...more, `--dir=${folder}`, job.torrent]
  const running = start(...job.place.wrap('aria2c', args))
  await waitForListener(running, rpcPort)
  await waitForListener(running, job.port)
  return {
    running,
    async download(wanted) {
      const lists = await Promise.all([call(job, rpcPort, 'tellActive', []), call(job, rpcPort, 'tellStopped', [0, 9])])
      return lists.flat().find(wanted)
    },
  }
}

async function call(job: Job, port: number, method: string, params: readonly number[]): Promise<readonly Download[]> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: `aria2.${method}`, params })
  const answer = await request(job.place, `http://127.0.0.1:${port}/jsonrpc`, body)
  // aria2 documents that both methods answer with a list of downloads.
  return (JSON.parse(answer) as { result: readonly Download[] }).result
}
