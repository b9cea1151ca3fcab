#!/usr/bin/env node
/**
 * docs/running-a-validator.md, followed to the letter with an empty home: its blocks of commands in their order, as many
 * terminals as it asks for, the repository cloned as it stands in the last commit. In the end the node that joined is
 * elected and its signature is in ten commits on end, and the one that began at a snapshot has the same blocks. What was
 * done and how long it took goes into bench/results/validator-guide.json.
 *
 *     node scripts/follow-validator-guide.js
 *
 * Takes some minutes, the ports that the page names, and the network for npm and Go. GOMODCACHE, GOCACHE and npm_config_cache
 * are passed on, so that one need not download what one has.
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { writeResult } from '../bench/support.js'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = path.join(root, 'docs/running-a-validator.md')
const signedBlocks = 10
const waitMilliseconds = 600_000
/** Where this machine reaches npm's and Go's servers, and what it has of theirs. */
const passedOn = [
  ...['GOMODCACHE', 'GOCACHE', 'GOPROXY', 'npm_config_cache', 'npm_config_registry'],
  ...['HTTPS_PROXY', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE'],
]

const home = mkdtempSync(path.join(tmpdir(), 'millrace-guide-'))
const terminals = []
process.once('SIGINT', () => {
  interrupt()
  process.exit(130)
})

try {
  await follow()
} finally {
  interrupt()
  await Promise.all(terminals.map(({ ended }) => ended))
  rmSync(home, { recursive: true, force: true })
}

async function follow() {
  const blocks = []
  const shell = open([])
  for (const [index, { text, isTerminal }] of blocksOf(readFileSync(page, 'utf8')).entries()) {
    const file = path.join(home, `block-${index}.sh`)
    writeFileSync(file, text)
    const began = performance.now()
    console.log(text.trimEnd().replaceAll(/^/gm, isTerminal ? '$$ ' : '$ '))
    await (isTerminal ? printed(open([file]), 'Ctrl-C ends it') : inShell(shell, file))
    blocks.push({ commands: text.trimEnd().split('\n'), isTerminal, seconds: secondsSince(began) })
  }
  const began = performance.now()
  const elected = await untilElected()
  const seconds = secondsSince(began)
  const signed = await untilSigned(elected.address)
  const snapshot = await untilSame()
  writeResult('validator-guide', { blocks, elected: { ...elected, seconds }, signed, snapshot })
  console.log(
    `${elected.address} is elected with ${elected.power} and has signed blocks ${signed.from} to ${signed.to}`,
  )
}

/** What stands between ```sh and ```, and whether it wants a terminal of its own. */
function blocksOf(markdown) {
  return [...markdown.matchAll(/^```sh( terminal)?\n(.*?)^```$/gms)].map(([, own, text]) => ({
    text,
    isTerminal: own !== undefined,
  }))
}

/** A login shell with an empty home, and nothing of this one's environment. */
function open(args) {
  const env = { HOME: home, LANG: 'C.UTF-8', PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, TERM: 'dumb' }
  for (const name of passedOn) if (process.env[name] !== undefined) env[name] = process.env[name]
  const options = { cwd: home, env: { ...env, MILLRACE_REPOSITORY: root }, detached: true }
  const child = spawn('bash', ['-l', ...args], { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const terminal = { child, ended, printed: '' }
  terminals.push(terminal)
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      terminal.printed += chunk
      process.stdout.write(chunk)
    })
  }
  return terminal
}

/** Runs a block in the one shell, whose variables and folder the next one finds. A command that fails ends it. */
async function inShell(shell, file) {
  const mark = `done with ${path.basename(file)}`
  shell.child.stdin.write(`set -e; . ${file} < /dev/null; echo '${mark}'\n`)
  await printed(shell, mark)
}

async function printed(terminal, words) {
  while (!terminal.printed.includes(words)) {
    const { exitCode } = terminal.child
    if (exitCode !== null) throw new Error(`the shell ended with ${exitCode}; expected "${words}"`)
    await delay(100)
  }
}

/** The validator of the folder `mine`, once it has power. */
async function untilElected() {
  const folder = path.join(home, 'millrace/mine')
  const key = JSON.parse(readFileSync(path.join(folder, 'cometbft/config/priv_validator_key.json'), 'utf8'))
  const address = `0x${key.address.toLowerCase()}`
  return until('the newcomer is elected', async () => {
    const { validators } = await rpc(8555, 'millrace_consensus')
    const one = validators.find((validator) => validator.address.toLowerCase() === address)
    return one && { address, power: one.power, validators: validators.length }
  })
}

/** Asks the first validator's CometBFT whose signatures its commits have. */
async function untilSigned(address) {
  let [from, to] = [0, 0]
  return until(`${signedBlocks} commits on end have its signature`, async () => {
    const { header, commit } = await commitOf(to === 0 ? undefined : to + 1)
    const height = Number(header.height)
    const mine = commit.signatures.find((one) => `0x${one.validator_address.toLowerCase()}` === address)
    const isSigned = mine?.block_id_flag === 2 && mine.signature !== null
    if (!isSigned) from = 0
    else if (from === 0) from = height
    to = height
    return isSigned && to - from + 1 >= signedBlocks && { from, to }
  })
}

async function commitOf(height) {
  const query = height === undefined ? '' : `?height=${height}`
  const answer = await fetch(`http://127.0.0.1:26757/commit${query}`)
  return (await answer.json()).result.signed_header
}

/** The node that began at a snapshot has a block of the others, and not their first. */
async function untilSame() {
  const head = await until('the node of the snapshot has a block of the others', async () => {
    const own = await rpc(8556, 'eth_getBlockByNumber', 'latest', false)
    if (own === null || own.number === '0x0') return false
    const other = await rpc(8545, 'eth_getBlockByNumber', own.number, false)
    return other?.hash === own.hash && own
  })
  const first = await rpc(8556, 'eth_getBlockByNumber', '0x1', false).catch(() => null)
  if (first !== null) throw new Error('the node of the snapshot has block 1: it did not begin at one')
  return { number: Number(head.number), hash: head.hash }
}

async function rpc(port, method, ...params) {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  const headers = { 'content-type': 'application/json' }
  const answer = await (await fetch(`http://127.0.0.1:${port}`, { method: 'POST', headers, body })).json()
  if (answer.error !== undefined) throw new Error(answer.error.message)
  return answer.result
}

async function until(what, attempt) {
  const deadline = performance.now() + waitMilliseconds
  let last
  while (performance.now() < deadline) {
    try {
      const result = await attempt()
      if (result) return result
    } catch (error) {
      last = error
    }
    await delay(250)
  }
  throw new Error(`not in ${waitMilliseconds} ms: ${what}`, { cause: last })
}

function secondsSince(mark) {
  return Math.round((performance.now() - mark) / 100) / 10
}

/** Ctrl-C in each terminal; the shell, which waits for words, is hung up. */
function interrupt() {
  for (const { child } of terminals) {
    child.stdin.end()
    try {
      process.kill(-child.pid, 'SIGINT')
    } catch {
      // It has ended.
    }
  }
}
