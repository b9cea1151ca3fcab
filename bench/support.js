// What the benches share: a folder in memory, processes known by their own pids, payloads, medians, result files.

import { spawn, spawnSync } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { connect, createServer } from 'node:net'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const bin = path.join(root, 'bin/millrace.js')
const results = path.join(root, 'bench/results')
const python = '/usr/bin/python3'
const graceMilliseconds = 20_000
/** Of /proc/PID/stat: Linux counts in hundredths of a second, whatever its own clock does. */
const ticksPerSecond = 100

export const bytesPerMiB = 1 << 20

/** @returns a bench's room: its folder in memory, its processes, and how much it shall do. */
export function openBench(name, { quick, rounds, against, data }) {
  const base = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  const folder = mkdtempSync(path.join(base, `millrace-bench-${name}-`))
  const bench = { folder, quick, rounds, against, data, running: new Set() }
  process.once('SIGINT', () => {
    for (const it of bench.running) it.child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
    process.exit(130)
  })
  return bench
}

export async function closeBench(bench) {
  await Promise.all([...bench.running].map((it) => stop(it, 'SIGKILL')))
  rmSync(bench.folder, { recursive: true, force: true })
}

/** A folder on disk, for what would be too fast in memory; gone when the bench ends. */
export function diskFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-bench-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Starts a process; `lines` grows as it prints, `ended` gives its exit code. */
export function start(bench, command, args, home = bench.folder) {
  mkdirSync(home, { recursive: true })
  const homes = { HOME: home, XDG_DATA_HOME: `${home}/data`, XDG_STATE_HOME: `${home}/state` }
  const env = {
    ...process.env,
    ...homes,
    XDG_CONFIG_HOME: `${home}/config`,
    XDG_CACHE_HOME: `${home}/cache`,
    NO_COLOR: '1',
  }
  const child = spawn(command, args, { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'] })
  const it = { child, command: [path.basename(command), ...args].join(' '), out: '', err: '' }
  bench.running.add(it)
  for (const key of ['out', 'err']) {
    const stream = key === 'out' ? child.stdout : child.stderr
    stream.setEncoding('utf8')
    stream.on('data', (text) => {
      it[key] += text
    })
  }
  it.ended = new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      bench.running.delete(it)
      resolve(code)
    })
  })
  return it
}

export function startMillrace(bench, name, args) {
  return start(bench, process.execPath, [bin, ...args], path.join(bench.folder, 'homes', name))
}

export async function stop(it, signal) {
  it.child.kill(signal)
  const timer = setTimeout(() => it.child.kill('SIGKILL'), graceMilliseconds)
  const code = await it.ended
  clearTimeout(timer)
  return code
}

/** Waits for an orderly end. */
export async function finish(it) {
  const code = await it.ended
  if (code !== 0) throw new Error(`ended with ${code}: ${it.command}\n${it.err}`)
  return it
}

/** The events of `--jsonl`. */
export function jsonLines(it) {
  return it.out
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line))
}

/** The one object that `--json` prints, over one line or several. */
export function jsonObject(it) {
  return JSON.parse(it.out)
}

export async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

export async function waitForPort(it, port) {
  while (!(await accepts(port))) {
    if (it.child.exitCode !== null) throw new Error(`ended before it listened: ${it.command}\n${it.err}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true) ?? socket.destroy())
    socket.once('error', () => resolve(false))
  })
}

/** A payload of pseudo-random bytes with its torrent, made by our own `create`. */
export async function makePayload(bench, bytes, pieceLength, tracker) {
  const content = path.join(bench.folder, 'source', 'payload.bin')
  mkdirSync(path.dirname(content), { recursive: true })
  const stream = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), Buffer.alloc(16))
  const zeros = Buffer.alloc(bytesPerMiB)
  const file = openSync(content, 'w')
  for (let left = bytes; left > 0; left -= bytesPerMiB) writeSync(file, stream.update(zeros.subarray(0, left)))
  closeSync(file)
  const torrent = path.join(bench.folder, 'payload.torrent')
  const create = ['create', content, '--out', torrent, '--piece-length', String(pieceLength), '--force']
  if (tracker !== undefined) create.push('--tracker', tracker)
  const code = await startMillrace(bench, 'create', create).ended
  if (code !== 0) throw new Error(`millrace create ended with ${code}`)
  return { content, torrent, bytes }
}

/** A fresh place for one download; the one before is removed, so that memory holds two copies at most. */
export function freshOut(bench) {
  const out = path.join(bench.folder, 'out')
  rmSync(out, { recursive: true, force: true })
  mkdirSync(out)
  return out
}

/** The libtorrent peer to race against: one kept beside the repo when it is there, else that of the interop tests. */
export function libtorrentPeer() {
  const beside = path.join(root, '../shared/tools/libtorrent-peer.py')
  const version = spawnSync(python, ['-c', 'import libtorrent; print(libtorrent.__version__)'], { encoding: 'utf8' })
  if (version.status !== 0 || !existsSync(beside)) return undefined
  return { command: python, script: beside, version: version.stdout.trim() }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]
}

/** CPU time of this process so far. What other processes of a busy machine do is not in it. */
export function cpuMilliseconds() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** CPU seconds so far of another process, with its threads; undefined where there is no /proc. */
export function processSeconds(pid) {
  const file = `/proc/${pid}/stat`
  if (!existsSync(file)) return undefined
  const stat = readFileSync(file, 'utf8')
  // The name before may hold spaces; behind it the 12th and 13th fields are user and system time.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
}

export function mebibytes(bytesPerSecond) {
  return `${(bytesPerSecond / bytesPerMiB).toFixed(0)} MiB/s`
}

/** Writes figures with what they were measured on. */
export function writeResult(name, result) {
  mkdirSync(results, { recursive: true })
  const commit = spawnSync('git', ['-C', root, 'rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).stdout?.trim()
  const machine = {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  }
  const record = { bench: name, date: new Date().toISOString(), commit, machine, ...result }
  writeFileSync(path.join(results, `${name}.json`), `${JSON.stringify(record, null, 2)}\n`)
}

export function writePicture(name, svg) {
  mkdirSync(results, { recursive: true })
  writeFileSync(path.join(results, name), svg)
}
