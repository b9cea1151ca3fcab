// The embedded chain beside anvil and geth --dev: the same signed transactions through JSON-RPC, the same block time and gas
// limit, one node at a time. Rounds are interleaved and the median counts. What a node spends on HTTP is in the figures. geth's
// developer chain runs a newer fork, where storing costs more gas: its rate of that loop is no match for the others'. What an
// idle process's event loop was late at the same time stands beside our own: that much of a stall is the machine's.

import { fork, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { toHex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { account, connect, race, sendAll, sign } from './chain-speed/client.js'
import { compileContracts } from './chain-speed/contracts.js'
import { freePort, median, start, stop, waitForPort } from './support.js'

const chainId = 19_990
const gasLimit = 100_000_000
const blockSeconds = 1
const senders = 100
/** Connections that send side by side. */
const lanes = 4
/** Below what any of the three pools holds, and each of their accounts. */
const outstandingMax = 4000
const batchSize = 100
const loops = { arithmetic: 60_000, hashing: 20_000, storing: 60, calling: 5000 }
/** Below the most that one transaction may take since Osaka (EIP-7825). */
const loopGas = 16_000_000
const milliBtt = 10n ** 15n
const goals = { transfers: 0.5, tokenTransfers: 0.3 }
const stallMillisecondsMax = 50

const mnemonic = 'test test test test test test test test test test test junk'
const faucet = (() => {
  const key = mnemonicToAccount(mnemonic).getHdKey().privateKey
  return { key, address: mnemonicToAccount(mnemonic).address }
})()
const accounts = Array.from({ length: senders }, (_item, index) => account(index))

/** What brings a racer. */
const scripts = { anvil: 'scripts/install-foundry.sh anvil', geth: 'scripts/install-geth.sh' }

const indexOf = new Map(accounts.map(({ address }, index) => [address.toLowerCase(), index]))

export async function chainSpeed(bench) {
  const contracts = compileContracts()
  const racers = { millrace: ours, anvil: anvilAt(), geth: gethAt() }
  const rounds = {}
  for (let round = 0; round < bench.rounds; round += 1) {
    for (const [name, racer] of Object.entries(racers)) {
      if (racer === undefined || (bench.against !== undefined && name !== 'millrace' && name !== bench.against))
        continue
      const figures = await measure(bench, await racer.start(bench), contracts)
      rounds[name] ??= []
      rounds[name].push(figures)
      console.log(`  ${name.padEnd(9)}`, JSON.stringify(figures))
    }
  }
  for (const [name, racer] of Object.entries(racers)) {
    if (racer === undefined) console.log(`  ${name} not found: ${scripts[name]}`)
  }
  const versions = Object.fromEntries(
    Object.entries(racers).flatMap(([name, racer]) => (racer?.version === undefined ? [] : [[name, racer.version]])),
  )
  return summary(versions, contracts.version, rounds)
}

/** All figures of one node, which is stopped after. */
export async function measure(bench, node, contracts) {
  const rpc = connect(node.url)
  try {
    const seconds = bench.quick ? 3 : 5
    const world = await setUp(rpc, node, contracts)
    const figures = {}
    const run = async (name, size, fields) => {
      const signed = world.signLanes(seconds * outstandingMax, fields)
      await node.stall()
      const { perSecond, blocks, sent, clientCpu } = await race(rpc, signed, {
        seconds,
        batchSize: size,
        outstandingMax,
        laneOf,
      })
      world.forget(signed, sent)
      figures[name] = { perSecond, blocks, clientCpu, ...(await stallOf(node)) }
    }
    await run('transfers', batchSize, (index) => ({ to: next(index), value: 1n, gas: 21_000n }))
    await run('singleTransfers', 1, (index) => ({ to: next(index), value: 1n, gas: 21_000n }))
    const token = (index) => ({ to: world.token, data: contracts.tokenTransfer(next(index)), gas: 60_000n })
    await run('tokenTransfers', batchSize, token)
    await node.stall()
    figures.mgasPerSecond = await loopRates(rpc, world, contracts)
    figures.loops = await stallOf(node)
    return figures
  } finally {
    rpc.close()
    await node.stop()
  }
}

/** Of a receipt's sender. */
const laneOf = (from) => (indexOf.get(from) ?? 0) % lanes
const next = (index) => accounts[(index + 1) % senders].address

async function stallOf(node) {
  const stall = await node.stall()
  return stall ?? {}
}

/** Every sender with money and tokens, the contracts deployed. */
async function setUp(rpc, node, contracts) {
  const id = node.chainId
  let nonce = Number(await rpc.call('eth_getTransactionCount', faucet.address, 'latest'))
  const fund = accounts.map(({ address }) => {
    return sign(faucet, id, { nonce: nonce++, to: address, value: 10n ** 6n * 1000n * milliBtt, gas: 21_000n })
  })
  for (let at = 0; at < fund.length; at += 50) await sendAll(rpc, fund.slice(at, at + 50))
  const nonces = accounts.map(() => 0)
  const take = (index) => nonces[index]++
  const deployments = [contracts.token(accounts.map(({ address }) => address)), contracts.loops]
  const [token, loop] = await sendAll(
    rpc,
    deployments.map((data) => sign(accounts[0], id, { nonce: take(0), data, gas: 16_000_000n })),
  )
  const signNext = (index, fields) => sign(accounts[index], id, { nonce: take(index), ...fields(index) })
  /** `count` transactions in all; a lane's come from its own senders, each in turn. */
  const ofLane = (lane, at) => lane + lanes * (at % (senders / lanes))
  const signLanes = (count, fields) =>
    Array.from({ length: lanes }, (_item, lane) =>
      Array.from({ length: count / lanes }, (_same, at) => signNext(ofLane(lane, at), fields)),
    )
  /** Gives back the nonces of what was signed and not sent. */
  const forget = (signed, sent) => {
    for (const [lane, raws] of signed.entries()) {
      for (let at = sent[lane]; at < raws.length; at += 1) nonces[ofLane(lane, at)] -= 1
    }
  }
  return { token: token.contractAddress, loops: loop.contractAddress, signNext, signLanes, forget }
}

/** Timed as eth_call, which waits for no block; the gas is that of the same call in a transaction after it. */
async function loopRates(rpc, world, contracts) {
  const rates = {}
  for (const [name, rounds] of Object.entries(loops)) {
    const data = contracts.loop(name, rounds)
    const call = { from: accounts[0].address, to: world.loops, data, gas: toHex(loopGas) }
    const began = performance.now()
    for (let i = 0; i < 3; i += 1) await rpc.call('eth_call', call, 'latest')
    const milliseconds = (performance.now() - began) / 3
    const fields = { to: world.loops, data, gas: BigInt(loopGas) }
    const [{ gasUsed }] = await sendAll(rpc, [world.signNext(0, () => fields)])
    rates[name] = Number((Number(gasUsed) / (milliseconds * 1000)).toFixed(1))
  }
  return rates
}

const ours = { start: () => startOurs({}) }

/** Our node beside a process that only watches its own loop; `more` is a genesis, or where a geth executes. */
export async function startOurs(more) {
  const args = process.env.CPU_PROF === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env.CPU_PROF}`]
  const node = forked(
    new URL('chain-speed/node.js', import.meta.url),
    [JSON.stringify({ gasLimit, blockSeconds, ...more })],
    args,
  )
  const idle = forked(new URL('chain-speed/loop-watch.js', import.meta.url), [], [])
  const [{ url }] = await Promise.all([node.answer(), idle.answer()])
  return {
    url,
    chainId,
    async stall() {
      const [ours, machine] = await Promise.all([node.ask('stall'), idle.ask('stall')])
      return { ...ours, idleStallMilliseconds: machine.stallMilliseconds }
    },
    stop: () => Promise.all([node.stop(), idle.stop()]),
  }
}

/** A script that answers over IPC. */
function forked(script, args, execArgv) {
  const child = fork(fileURLToPath(script), args, { execArgv })
  const answer = () => new Promise((resolve) => child.once('message', resolve))
  return {
    answer,
    ask(what) {
      child.send(what)
      return answer()
    },
    stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.disconnect()
      return ended
    },
  }
}

/** A binary of the folder that the scripts install to, or of PATH. */
export function findTool(name, versionArgs) {
  const cached = path.join(homedir(), '.cache/millrace/peers', name)
  const file = existsSync(cached) ? cached : name
  const { status, stdout } = spawnSync(file, versionArgs, { encoding: 'utf8' })
  return status === 0 ? { file, version: /[0-9]+\.[0-9]+\.[0-9]+\S*/.exec(stdout)?.[0] } : undefined
}

function anvilAt() {
  const tool = findTool('anvil', ['--version'])
  if (tool === undefined) return undefined
  return {
    version: tool.version,
    async start(bench) {
      const port = await freePort()
      const options = ['--mnemonic', mnemonic, '--balance', '1000000000000', '--silent']
      const same = [
        '--chain-id',
        String(chainId),
        '--block-time',
        String(blockSeconds),
        '--gas-limit',
        String(gasLimit),
      ]
      return peer(bench, tool.file, [...options, ...same, '--port', String(port)], port)
    },
  }
}

function gethAt() {
  const tool = findTool('geth', ['version'])
  if (tool === undefined) return undefined
  return {
    version: tool.version,
    async start(bench) {
      const port = await freePort()
      const dev = ['--dev', '--dev.period', String(blockSeconds), '--dev.gaslimit', String(gasLimit)]
      const open = ['--rpc.txfeecap', '0', '--txpool.accountslots', '64', '--verbosity', '1', '--ipcdisable']
      const http = [
        '--http',
        '--http.port',
        String(port),
        '--http.api',
        'eth,net,web3',
        '--authrpc.port',
        '0',
        '--port',
        '0',
      ]
      const node = await peer(bench, tool.file, [...dev, ...open, ...http, '--maxpeers', '0'], port)
      const rpc = connect(node.url)
      const [from] = await rpc.call('eth_accounts')
      const value = toHex(10n ** 12n * 1000n * milliBtt)
      await rpc.call('eth_sendTransaction', { from, to: faucet.address, value })
      while (BigInt(await rpc.call('eth_getBalance', faucet.address, 'latest')) === 0n) await new Promise(setImmediate)
      const id = Number(await rpc.call('eth_chainId'))
      rpc.close()
      return { ...node, chainId: id }
    },
  }
}

async function peer(bench, command, args, port) {
  const it = start(bench, command, args)
  await waitForPort(it, port)
  return { url: `http://127.0.0.1:${port}`, chainId, stall: async () => undefined, stop: () => stop(it, 'SIGTERM') }
}

const pace = (figures, name) => median(figures.map((it) => it[name].perSecond))

function summary(versions, solc, rounds) {
  const names = ['transfers', 'singleTransfers', 'tokenTransfers']
  const medians = {}
  for (const [racer, figures] of Object.entries(rounds)) {
    medians[racer] = Object.fromEntries(names.map((name) => [name, pace(figures, name)]))
    medians[racer].mgasPerSecond = Object.fromEntries(
      Object.keys(loops).map((name) => [name, median(figures.map((it) => it.mgasPerSecond[name]))]),
    )
  }
  const ratios = {}
  for (const racer of Object.keys(medians).filter((name) => name !== 'millrace')) {
    ratios[racer] = Object.fromEntries(
      names.map((name) => [name, Number((medians.millrace[name] / medians[racer][name]).toFixed(2))]),
    )
  }
  const stalls = rounds.millrace.flatMap((it) => [...names.map((name) => it[name]), it.loops])
  const stallMilliseconds = Math.max(...stalls.map((it) => it.stallMilliseconds))
  const idleStallMilliseconds = Math.max(...stalls.map((it) => it.idleStallMilliseconds))
  console.log(JSON.stringify({ medians, ratios, stallMilliseconds, idleStallMilliseconds }, null, 2))
  const promises = {
    [`the loop never stalls above ${stallMillisecondsMax} ms`]: stallMilliseconds <= stallMillisecondsMax,
  }
  for (const [name, goal] of Object.entries(goals)) {
    const ratio = ratios.anvil?.[name]
    if (ratio !== undefined) promises[`${name} at least ${goal} of anvil's`] = ratio >= goal
  }
  const set = { chainId, gasLimit, blockSeconds, senders, lanes, outstandingMax, batchSize }
  return { ...set, versions, solc, medians, ratios, stallMilliseconds, idleStallMilliseconds, rounds, promises }
}
