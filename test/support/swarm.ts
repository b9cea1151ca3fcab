/** A payload with its torrent, seeders and leechers of ours on this host, as most end-to-end tests need them. */

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { firstDifference, removeFolder, temporaryFolder, writeRandomFile, writeTorrent } from './content.ts'
import { startMillrace } from './millrace.ts'
import { freePort, waitForListener } from './network.ts'
import { type Running, stopAll } from './processes.ts'

/** Variables of a process beyond those of the test. */
type Environment = Readonly<Record<string, string>>

export interface SwarmOptions {
  readonly bytes: number
  readonly pieceLength: number
  readonly seed: number
  readonly tracker?: string
}

export class TestSwarm {
  readonly folder: string
  readonly content: string
  readonly torrent: string
  readonly infoHash: string

  constructor(name: string, options: SwarmOptions) {
    this.folder = temporaryFolder(name)
    this.content = path.join(this.folder, 'source', `${name}.bin`)
    this.torrent = path.join(this.folder, `${name}.torrent`)
    writeRandomFile(this.content, options.bytes, options.seed)
    const { pieceLength, tracker } = options
    this.infoHash = writeTorrent(this.torrent, this.content, {
      pieceLength,
      ...(tracker === undefined ? {} : { tracker }),
    })
  }

  /** The folder that is HOME of the process called `name`: the same name finds its keys and books again. */
  home(name: string): { readonly folder: string } {
    const folder = path.join(this.folder, 'homes', name)
    mkdirSync(folder, { recursive: true })
    return { folder }
  }

  out(name: string): string {
    return path.join(this.folder, 'out', name)
  }

  start(name: string, args: readonly string[], env: Environment = {}): Running {
    return startMillrace({ ...this.home(name), env }, args)
  }

  /** Starts a seeder that listens when this returns; its address is HOST:PORT. */
  async seed(name: string, more: readonly string[] = [], port?: number, env?: Environment): Promise<Seeder> {
    const bound = port ?? (await freePort())
    const args = ['seed', this.content, '--torrent', this.torrent, '--port', String(bound), '--json', ...more]
    const running = this.start(name, args, env)
    await waitForListener(running, bound)
    return { running, port: bound, address: `127.0.0.1:${bound}` }
  }

  /** Starts a download into `out(name)`. */
  async get(name: string, peers: readonly string[], more: readonly string[] = []): Promise<Running> {
    const port = await freePort()
    const told = peers.flatMap((peer) => ['--peer', peer])
    return this.start(name, ['get', this.torrent, '--out', this.out(name), '--port', String(port), ...told, ...more])
  }

  /** What is wrong with the bytes that `name` got; undefined when every one is right. */
  difference(name: string): string | undefined {
    return firstDifference(this.content, path.join(this.out(name), path.basename(this.content)))
  }

  async close(): Promise<void> {
    await stopAll()
    removeFolder(this.folder)
  }
}

export interface Seeder {
  readonly running: Running
  readonly port: number
  readonly address: string
}
