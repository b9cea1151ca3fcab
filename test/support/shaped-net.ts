/** Hosts on one switch, each in a network namespace of its own, its way out shaped by a token bucket (tc-tbf). */

import { spawnSync } from 'node:child_process'
import type { Place } from './network.ts'

export interface HostPlan {
  readonly name: string
  /** Hosts of one subnet share their /24, and so an address group of the market. */
  readonly subnet: number
  /** What its line carries, all headers included; absent, the switch is the limit. */
  readonly lineBytesPerSecond?: number
  /** Hears only hosts that are not isolated: leechers that must not feed each other. */
  readonly isolated?: boolean
}

const uplink = 'eth0'
const bridge = 'br0'
/** A token bucket must hold what the kernel hands over at once, and a queue of this long stands before it drops. */
const burstBytes = 128 * 1024
const queueMilliseconds = 100

let netCount = 0

export class ShapedNet {
  readonly #prefix: string
  readonly #plans: readonly HostPlan[]

  /** Root only. @throws Error with the words of `ip` or `tc` when a step fails; nothing is left behind */
  constructor(plans: readonly HostPlan[]) {
    netCount++
    this.#prefix = `mr${process.pid % 100_000}-${netCount}`
    this.#plans = plans
    try {
      this.#build()
    } catch (error) {
      this.remove()
      throw error
    }
  }

  /** The switch itself: where the chain is, seen by every host. */
  get hub(): Place {
    return this.#placeOf(this.#hubName, '10.88.0.1')
  }

  host(name: string): Place {
    const index = this.#plans.findIndex((plan) => plan.name === name)
    const plan = this.#plans[index]
    if (plan === undefined) throw new Error(`no host ${name} in this network`)
    return this.#placeOf(this.#nameOf(index), addressOf(plan, index))
  }

  /** Ends the network; processes in it end by their own pids. */
  remove(): void {
    for (const name of [this.#hubName, ...this.#plans.map((_, index) => this.#nameOf(index))]) {
      spawnSync('ip', ['netns', 'del', name])
    }
  }

  get #hubName(): string {
    return `${this.#prefix}-hub`
  }

  #nameOf(index: number): string {
    return `${this.#prefix}-${index}`
  }

  #placeOf(name: string, host: string): Place {
    return { host, wrap: (command, args) => ['ip', ['netns', 'exec', name, command, ...args]] }
  }

  #build(): void {
    const hub = this.#hubName
    run('ip', 'netns', 'add', hub)
    run('ip', '-n', hub, 'link', 'set', 'lo', 'up')
    run('ip', '-n', hub, 'link', 'add', bridge, 'type', 'bridge')
    run('ip', '-n', hub, 'addr', 'add', '10.88.0.1/16', 'dev', bridge)
    run('ip', '-n', hub, 'link', 'set', bridge, 'up')
    for (const [index, plan] of this.#plans.entries()) this.#connect(index, plan)
  }

  #connect(index: number, plan: HostPlan): void {
    const [hub, name, port] = [this.#hubName, this.#nameOf(index), `port${index}`]
    run('ip', 'netns', 'add', name)
    run('ip', 'link', 'add', port, 'netns', hub, 'type', 'veth', 'peer', 'name', uplink, 'netns', name)
    run('ip', '-n', hub, 'link', 'set', port, 'master', bridge, 'up')
    if (plan.isolated === true) run('bridge', '-n', hub, 'link', 'set', 'dev', port, 'isolated', 'on')
    run('ip', '-n', name, 'link', 'set', 'lo', 'up')
    run('ip', '-n', name, 'addr', 'add', `${addressOf(plan, index)}/16`, 'dev', uplink)
    run('ip', '-n', name, 'link', 'set', uplink, 'up')
    if (plan.lineBytesPerSecond === undefined) return
    const rate = ['rate', `${Math.round(plan.lineBytesPerSecond * 8)}bit`]
    const bucket = ['burst', String(burstBytes), 'latency', `${queueMilliseconds}ms`]
    run('tc', '-n', name, 'qdisc', 'add', 'dev', uplink, 'root', 'tbf', ...rate, ...bucket)
  }
}

function addressOf(plan: HostPlan, index: number): string {
  return `10.88.${plan.subnet}.${index + 1}`
}

/** @throws Error with the words of the command when it fails */
export function run(command: string, ...args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8' })
  if (done.error !== undefined) throw done.error
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr.trim()}`)
}
