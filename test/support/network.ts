/** Ports, and two network namespaces joined by a cable for peers that refuse loopback. */

import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { eventually, type Running } from './processes.ts'

/** Where a process runs: its address as others see it, and how its command is wrapped. */
export interface Place {
  readonly host: string
  wrap(command: string, args: readonly string[]): readonly [string, readonly string[]]
}

export interface Places {
  readonly ours: Place
  readonly theirs: Place
  remove(): void
}

const loopback: Place = { host: '127.0.0.1', wrap: (command, args) => [command, args] }

export const oneHost: Places = { ours: loopback, theirs: loopback, remove: () => undefined }

/** Below those that systems give to outgoing connections: a server that was killed finds its port again. */
const portsMin = 10_000
const portsMax = 32_000
const portAttemptsMax = 100

/** A port nobody listens on right now, and no connection takes by itself. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < portAttemptsMax; attempt++) {
    const port = randomInt(portsMin, portsMax)
    if (await canListen(port)) return port
  }
  throw new Error(`no free port from ${portsMin} to ${portsMax}`)
}

function canListen(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)))
  })
}

/** Waits until something in the process's own network listens on the TCP port, without connecting to it. */
export async function waitForListener(running: Running, port: number, timeoutMilliseconds = 30_000): Promise<void> {
  await eventually(`listening on ${port}`, timeoutMilliseconds, () => {
    if (running.isOver) throw new Error(`ended before it listened on ${port}: ${running.printed}`)
    return listens(running.pid, port)
  })
}

/** Linux tells the sockets of a process's namespace: state 0A is listening. */
function listens(pid: number, port: number): boolean {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return ['tcp', 'tcp6'].some((table) => {
    const file = `/proc/${pid}/net/${table}`
    // A process that just ended has none; the caller says so with what it printed.
    const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(1) : []
    return lines.some((line) => {
      const [, local, , state] = line.trim().split(/\s+/)
      return state === '0A' && local?.endsWith(suffix) === true
    })
  })
}

/** Whether this process may make network namespaces. */
export function canMakeNamespaces(): boolean {
  const name = `mr-try-${process.pid}`
  if (ip('netns', 'add', name) !== undefined) return false
  ip('netns', 'del', name)
  return true
}

/** Two namespaces joined by veth. Removing them ends the cable; processes in them end by their own pids. */
export function makeNamespaces(): Places {
  const id = process.pid % 10_000
  const names = [`mr-a-${id}`, `mr-b-${id}`] as const
  const subnet = `10.${77 + (id % 100)}.${Math.floor(id / 100) % 100}`
  const hosts = [`${subnet}.1`, `${subnet}.2`] as const
  const steps = [
    ['netns', 'add', names[0]],
    ['netns', 'add', names[1]],
    ['link', 'add', `mra${id}`, 'netns', names[0], 'type', 'veth', 'peer', 'name', `mrb${id}`, 'netns', names[1]],
    ...[0, 1].flatMap((side) => {
      const name = names[side === 0 ? 0 : 1]
      const device = `${side === 0 ? 'mra' : 'mrb'}${id}`
      return [
        ['-n', name, 'addr', 'add', `${hosts[side === 0 ? 0 : 1]}/24`, 'dev', device],
        ['-n', name, 'link', 'set', device, 'up'],
        ['-n', name, 'link', 'set', 'lo', 'up'],
      ]
    }),
  ]
  for (const step of steps) {
    const fault = ip(...step)
    if (fault === undefined) continue
    remove(names)
    throw new Error(`ip ${step.join(' ')}: ${fault}`)
  }
  return {
    ours: inside(names[0], hosts[0]),
    theirs: inside(names[1], hosts[1]),
    remove: () => remove(names),
  }
}

function inside(name: string, host: string): Place {
  return { host, wrap: (command, args) => ['ip', ['netns', 'exec', name, command, ...args]] }
}

function remove(names: readonly string[]): void {
  for (const name of names) ip('netns', 'del', name)
}

/** Runs `ip`; the answer is what went wrong. */
function ip(...args: readonly string[]): string | undefined {
  const result = spawnSync('ip', args, { encoding: 'utf8' })
  if (result.error !== undefined) return result.error.message
  return result.status === 0 ? undefined : result.stderr.trim()
}
