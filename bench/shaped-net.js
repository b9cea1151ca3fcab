// Hosts on one switch, each in a network namespace of its own with a line that is shaped both ways (tc-tbf). Root only.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import process from 'node:process'

/** A bucket holds at least what the kernel hands over at once; a queue of this long stands before it drops. */
const burstBytes = 64 * 1024
const queueMilliseconds = 100
/** What a full segment carries (1,448 with time stamps) of the frame that the shaper counts (1,500 and Ethernet's 14). */
const payloadOfFrame = 1448 / 1514
/** The switch itself, seen by every host. */
export const hubAddress = '10.89.0.1'
let netCount = 0

/** @param hosts `{ name, upBytesPerSecond, downBytesPerSecond }`, both of payload in full segments */
export function openShapedNet(hosts) {
  netCount += 1
  const prefix = `mb${process.pid % 100_000}-${netCount}`
  const names = hosts.map((_, i) => `${prefix}-${i}`)
  const net = {
    hub: `${prefix}-hub`,
    hubAddress,
    of: (name) => {
      const i = hosts.findIndex((host) => host.name === name)
      return { namespace: names[i], address: addressOf(i) }
    },
    close: () => {
      process.removeListener('exit', net.close)
      for (const name of [`${prefix}-hub`, ...names]) spawnSync('ip', ['netns', 'del', name])
    },
  }
  // Also when the bench is interrupted.
  process.once('exit', net.close)
  try {
    buildHub(net.hub)
    for (const [i, host] of hosts.entries()) connect(net.hub, names[i], i, host)
  } catch (error) {
    net.close()
    throw error
  }
  return net
}

/** The command by which another one runs inside a namespace; the process keeps its id. */
export function inside(namespace, command, args) {
  return ['ip', ['netns', 'exec', namespace, command, ...args]]
}

export function congestionControl() {
  return readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim()
}

function buildHub(hub) {
  run('ip', 'netns', 'add', hub)
  run('ip', '-n', hub, 'link', 'set', 'lo', 'up')
  run('ip', '-n', hub, 'link', 'add', 'br0', 'type', 'bridge')
  run('ip', '-n', hub, 'addr', 'add', `${hubAddress}/16`, 'dev', 'br0')
  run('ip', '-n', hub, 'link', 'set', 'br0', 'up')
}

/** The way out is shaped where it leaves the host, the way in where it leaves the switch. */
function connect(hub, name, i, { upBytesPerSecond, downBytesPerSecond }) {
  const port = `port${i}`
  run('ip', 'netns', 'add', name)
  run('ip', 'link', 'add', port, 'netns', hub, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
  run('ip', '-n', hub, 'link', 'set', port, 'master', 'br0', 'up')
  run('ip', '-n', name, 'link', 'set', 'lo', 'up')
  run('ip', '-n', name, 'addr', 'add', `${addressOf(i)}/16`, 'dev', 'eth0')
  run('ip', '-n', name, 'link', 'set', 'eth0', 'up')
  shape(name, 'eth0', upBytesPerSecond)
  shape(hub, port, downBytesPerSecond)
}

function shape(namespace, device, bytesPerSecond) {
  const rate = ['rate', `${Math.round((bytesPerSecond / payloadOfFrame) * 8)}bit`]
  const bucket = ['burst', String(burstBytes), 'latency', `${queueMilliseconds}ms`]
  run('tc', '-n', namespace, 'qdisc', 'add', 'dev', device, 'root', 'tbf', ...rate, ...bucket)
}

/** Each host is its own /24, and so its own address group in the market. */
function addressOf(i) {
  return `10.89.${i + 1}.1`
}

function run(command, ...args) {
  const done = spawnSync(command, args, { encoding: 'utf8' })
  if (done.error !== undefined) throw done.error
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr.trim()}`)
}
