import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { freePort, waitForListener } from '../support/network.ts'
import { eventually, type Running, start } from '../support/processes.ts'
import { request } from '../support/request.ts'
import type { Job, Peer } from './peer.ts'

interface Status {
  readonly leftUntilDone: number
  readonly downloadedEver: number
  readonly uploadedEver: number
  readonly metadataPercentComplete: number
  readonly status: number
  readonly errorString: string
}

/** libtransmission's TR_STATUS_SEED. */
const statusSeeding = 6

function version(): string | undefined {
  const asked = spawnSync('transmission-daemon', ['--version'], { encoding: 'utf8' })
  return asked.status === 0 ? /\d\S*/.exec(asked.stdout + asked.stderr)?.[0] : undefined
}

export const transmission: Peer = {
  name: 'transmission',
  version: version(),
  remedy: 'apt-get install transmission-daemon',
  refusesLoopback: true,
  findsBy: 'tracker',

  async seed(job) {
    const daemon = await startDaemon(job, path.dirname(job.content))
    await eventually('transmission has checked the payload', 60_000, async () => {
      const status = await daemon.status()
      return status.status === statusSeeding && status.leftUntilDone === 0
    })
    return {
      async finish() {
        const { uploadedEver } = await daemon.status()
        await daemon.running.stop('SIGTERM')
        return uploadedEver
      },
    }
  },

  async leech(job) {
    const daemon = await startDaemon(job, job.out)
    return {
      async finish(timeoutMilliseconds) {
        const status = await eventually('transmission completes', timeoutMilliseconds, async () => {
          const now = await daemon.status()
          if (now.errorString !== '') throw new Error(now.errorString)
          return now.status === statusSeeding && now.leftUntilDone === 0 ? now : undefined
        })
        await daemon.running.stop('SIGTERM')
        return status.downloadedEver
      },
    }
  },
}

interface Daemon {
  readonly running: Running
  status(): Promise<Status>
}

async function startDaemon(job: Job, folder: string): Promise<Daemon> {
  const rpcPort = await freePort()
  const settings = path.join(job.scratch, 'transmission')
  mkdirSync(settings, { recursive: true })
  const options = { 'rename-partial-files': false, 'prefetch-enabled': false, 'speed-limit-up-enabled': false }
  writeFileSync(path.join(settings, 'settings.json'), JSON.stringify(options))
  const quiet = ['--foreground', '--no-portmap', '--no-dht', '--no-lpd', '--no-utp', '--no-auth']
  const where = ['--config-dir', settings, '--download-dir', folder, '--encryption-tolerated']
  const ports = ['--port', String(rpcPort), '--peerport', String(job.port)]
  const running = start(...job.place.wrap('transmission-daemon', [...quiet, ...where, ...ports]))
  await waitForListener(running, rpcPort)
  await waitForListener(running, job.port)
  const call = async (method: string, values: object): Promise<unknown> => {
    const url = `http://127.0.0.1:${rpcPort}/transmission/rpc`
    const answer = await request(job.place, url, JSON.stringify({ method, arguments: values }))
    // Every answer of Transmission's RPC is an object with `result` and `arguments`.
    const { result, arguments: values_ } = JSON.parse(answer) as { result: string; arguments: unknown }
    if (result !== 'success') throw new Error(`transmission refuses ${method}: ${result}`)
    return values_
  }
  await call('torrent-add', { filename: job.torrent })
  return { running, status: () => statusOf(call) }
}

async function statusOf(call: (method: string, values: object) => Promise<unknown>): Promise<Status> {
  const fields = ['leftUntilDone', 'downloadedEver', 'uploadedEver', 'metadataPercentComplete', 'status', 'errorString']
  // Transmission answers with the fields that were asked for.
  const answer = (await call('torrent-get', { fields })) as { torrents: readonly Status[] }
  const [status] = answer.torrents
  if (status === undefined) throw new Error('transmission lost the torrent')
  return status
}
