/** Hosts on one switch that can be split in parts, each in a network namespace, with a line of its own to the test. */

import { spawnSync } from 'node:child_process'
import type { Place } from './network.ts'
import { run } from './shaped-net.ts'

/** Netfilter and netem are not on every kernel: a part is a bridge, and a port is moved from one to another. */
const partsMax = 2
const burstBytes = 32 * 1024
const queueMilliseconds = 400

let netCount = 0

export class SplitNet {
  readonly #count: number
  readonly #prefix: string
  /** The last but one part of all addresses between the test and its hosts: 10.89.<this>.0/24. */
  readonly #block = process.pid % 250

  /** Root only. @throws Error with the words of `ip` when a step fails; nothing is left behind */
  constructor(count: number) {
    netCount++
    this.#count = count
    this.#prefix = `mrs${process.pid % 100_000}-${netCount}`
    try {
      this.#build()
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** Where a process of the host runs; `host` is its address on the switch. */
  place(index: number): Place {
    const name = this.#nameOf(index)
    return { host: peerAddress(index), wrap: (command, args) => ['ip', ['netns', 'exec', name, command, ...args]] }
  }

  /** The host's address on the line to the test, which no split cuts. */
  testAddress(index: number): string {
    return `10.89.${this.#block}.${4 * index + 2}`
  }

  /** From now on only hosts of one part reach each other; hosts that are not named are in the first. Established
   *  connections across stand still, as when a cable is cut. */
  split(...others: readonly number[]): void {
    for (let index = 0; index < this.#count; index++) {
      run('ip', '-n', this.#hub, 'link', 'set', `port${index}`, 'master', others.includes(index) ? 'br1' : 'br0')
    }
  }

  heal(): void {
    this.split()
  }

  /** Two hosts no longer reach each other, while both reach all others. */
  cut(one: number, other: number): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      run('ip', '-n', this.#nameOf(from), 'route', 'add', 'blackhole', `${peerAddress(to)}/32`)
    }
  }

  mend(one: number, other: number): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      run('ip', '-n', this.#nameOf(from), 'route', 'del', 'blackhole', `${peerAddress(to)}/32`)
    }
  }

  /** What a host sends waits behind a line of this rate, headers included. */
  slow(index: number, bytesPerSecond: number): void {
    const rate = ['rate', `${8 * bytesPerSecond}bit`, 'burst', String(burstBytes), 'latency', `${queueMilliseconds}ms`]
    run('tc', '-n', this.#nameOf(index), 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', ...rate)
  }

  /** Ends the network; processes in it end by their own pids. */
  remove(): void {
    for (const name of [this.#hub, ...Array.from({ length: this.#count }, (_, index) => this.#nameOf(index))]) {
      spawnSync('ip', ['netns', 'del', name])
    }
  }

  get #hub(): string {
    return `${this.#prefix}-hub`
  }

  #nameOf(index: number): string {
    return `${this.#prefix}-${index}`
  }

  #build(): void {
    run('ip', 'netns', 'add', this.#hub)
    for (let part = 0; part < partsMax; part++) {
      run('ip', '-n', this.#hub, 'link', 'add', `br${part}`, 'type', 'bridge')
      run('ip', '-n', this.#hub, 'link', 'set', `br${part}`, 'up')
    }
    for (let index = 0; index < this.#count; index++) this.#connect(index)
  }

  #connect(index: number): void {
    const [name, port, line] = [this.#nameOf(index), `port${index}`, `${this.#prefix}t${index}`]
    run('ip', 'netns', 'add', name)
    run('ip', '-n', name, 'link', 'set', 'lo', 'up')
    run('ip', 'link', 'add', port, 'netns', this.#hub, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    run('ip', '-n', this.#hub, 'link', 'set', port, 'master', 'br0', 'up')
    run('ip', '-n', name, 'addr', 'add', `${peerAddress(index)}/24`, 'dev', 'eth0')
    run('ip', '-n', name, 'link', 'set', 'eth0', 'up')
    run('ip', 'link', 'add', line, 'type', 'veth', 'peer', 'name', 'eth1', 'netns', name)
    run('ip', 'addr', 'add', `10.89.${this.#block}.${4 * index + 1}/30`, 'dev', line)
    run('ip', 'link', 'set', line, 'up')
    run('ip', '-n', name, 'addr', 'add', `${this.testAddress(index)}/30`, 'dev', 'eth1')
    run('ip', '-n', name, 'link', 'set', 'eth1', 'up')
    // A cut connection tries again each second where the kernel knows that setting, instead of ever more rarely: a test
    // has no minutes to wait after healing. Elsewhere it takes as long as the split lasted.
    spawnSync('ip', ['netns', 'exec', name, 'sysctl', '-qw', 'net.ipv4.tcp_rto_max_ms=1000'])
  }
}

function peerAddress(index: number): string {
  return `10.88.0.${index + 1}`
}
