// The embedded engine beside a geth that executes for the same chain over the Engine API, in one run: blocks full of one kind of
// work, made and checked, with equal hashes; then whole nodes under transactions through their JSON-RPC, as in chain-speed. Senders are
// recovered before the clock starts, as a node does when a transaction comes; geth does it once more, in its time.

import { mnemonicToAccount } from 'viem/accounts'
import { systemRandom } from '../packages/base/dist/index.js'
import { resolveGenesis } from '../packages/chain/dist/genesis/config.js'
import { defaultGenesis, devMnemonic } from '../packages/chain/dist/index.js'
import { account, sign } from './chain-speed/client.js'
import { compileContracts } from './chain-speed/contracts.js'
import { findTool, measure, startOurs } from './chain-speed.js'
import { openBlocks } from './remote-engine/blocks.js'
import { startGeth } from './remote-engine/geth.js'

const gasLimit = 100_000_000
const senders = 100
/** Rounds of a loop in one transaction, and such transactions in a block: up to some seconds of the slower engine. */
const loops = {
  arithmetic: { rounds: 60_000, count: 8 },
  hashing: { rounds: 20_000, count: 4 },
  storing: { rounds: 400, count: 8 },
  calling: { rounds: 5000, count: 2 },
}
const tokenTransfers = 1500
const goal = 5

const root = mnemonicToAccount(devMnemonic)
const faucet = { key: root.getHdKey().privateKey, address: root.address }
const accounts = Array.from({ length: senders }, (_item, index) => account(index))

export async function remoteEngine(bench) {
  const tool = findTool('geth', ['version'])
  if (tool === undefined) {
    console.log('  geth not found: scripts/install-geth.sh')
    return undefined
  }
  const contracts = compileContracts()
  const secondsAgo = Math.floor(Date.now() / 1000) - 600
  const genesis = resolveGenesis({ ...defaultGenesis, gasLimit }, secondsAgo, systemRandom.bytes(16))
  const blocks = {}
  for (const builder of ['eth_simulateV1', 'testing_buildBlockV1']) {
    blocks[builder] = await blockRates(bench, tool.file, genesis, contracts, builder !== 'eth_simulateV1')
  }
  console.log(JSON.stringify({ blocks }, null, 2))
  const nodes = {
    embedded: await measure(bench, await startOurs({ genesis }), contracts),
    remote: await measure(bench, await startRemote(bench, tool.file, genesis), contracts),
  }
  console.log(JSON.stringify({ nodes }, null, 2))
  const versions = { geth: tool.version, solc: contracts.version }
  const promises = { 'both engines made and checked the same blocks': true }
  for (const [builder, { checked, made }] of Object.entries(blocks)) {
    const times = `at least ${goal} times the embedded Mgas/s`
    const what = 'four kinds of contract loops together, each with the same gas'
    promises[`${what}, checked (${builder} makes blocks): ${times}`] = checked.loops.ratio >= goal
    promises[`${what}, made by ${builder}: ${times}`] = made.loops.ratio >= goal
  }
  return { gasLimit, senders, rounds: bench.rounds, loops, tokenTransfers, versions, blocks, nodes, promises }
}

/** Our node with a geth behind it. */
async function startRemote(bench, file, genesis) {
  const geth = await startGeth(bench, file, genesis, true)
  const node = await startOurs({ genesis, remote: geth.remote })
  const stopBoth = async () => {
    await node.stop()
    await geth.stop()
  }
  return { ...node, stop: stopBoth }
}

/** Both engines' Mgas/s by kind of work, for blocks that they make and blocks that they check. */
async function blockRates(bench, file, genesis, contracts, builds) {
  const geth = await startGeth(bench, file, genesis, builds)
  try {
    const blocks = await openBlocks(genesis, geth.remote)
    const work = await prepare(blocks, contracts)
    const samples = { made: {}, checked: {} }
    for (let round = 0; round < (bench.quick ? 1 : bench.rounds); round += 1) {
      for (const kind of [...Object.keys(loops), 'tokens']) {
        for (const way of ['made', 'checked']) {
          samples[way][kind] ??= []
          samples[way][kind].push(await blocks.run(work(kind), way === 'made'))
        }
      }
    }
    return { made: rates(samples.made), checked: rates(samples.checked) }
  } finally {
    await geth.stop()
  }
}

/** Money for the senders and the contracts; @returns the signed transactions of a block of some kind of work. */
async function prepare(blocks, contracts) {
  const value = 10n ** 24n
  const fund = accounts.map(({ address }, nonce) =>
    sign(faucet, genesisChainId, { nonce, to: address, value, gas: 21_000n }),
  )
  await blocks.run(fund, true)
  const nonces = accounts.map(() => 0)
  const signed = (index, fields) => sign(accounts[index], genesisChainId, { nonce: nonces[index]++, ...fields })
  const holders = accounts.map(({ address }) => address)
  const deployments = [contracts.token(holders), contracts.loops].map((data) => signed(0, { data, gas: 16_000_000n }))
  const { receipts } = await blocks.run(deployments, true)
  const [token, loop] = receipts.map(({ contractAddress }) => contractAddress)
  return (kind) => {
    if (kind === 'tokens') {
      return Array.from({ length: tokenTransfers }, (_item, at) => {
        const data = contracts.tokenTransfer(holders[(at + 1) % senders])
        return signed(at % senders, { to: token, data, gas: 60_000n })
      })
    }
    const { rounds, count } = loops[kind]
    const gas = BigInt(Math.floor(gasLimit / count))
    const data = contracts.loop(kind, rounds)
    return Array.from({ length: count }, (_item, at) => signed(at, { to: loop, data, gas }))
  }
}

const genesisChainId = defaultGenesis.chainId

/** Of each kind all rounds' gas by all their time; and of the loops together, each with as much gas as the others. */
function rates(samples) {
  const total = (rounds, pick) => rounds.reduce((sum, round) => sum + pick(round), 0)
  const rate = (kind, name) => {
    const rounds = samples[kind]
    return total(rounds, ({ gas }) => gas) / total(rounds, ({ seconds }) => seconds[name]) / 1e6
  }
  const kinds = Object.keys(loops)
  const together = (name) => kinds.length / kinds.reduce((sum, kind) => sum + 1 / rate(kind, name), 0)
  return {
    ...Object.fromEntries(
      Object.keys(samples).map((kind) => {
        return [kind, { ...row(rate(kind, 'embedded'), rate(kind, 'remote')), gas: samples[kind][0].gas }]
      }),
    ),
    loops: row(together('embedded'), together('remote')),
  }
}

function row(embedded, remote) {
  const rounded = (value) => Number(value.toFixed(1))
  return {
    embeddedMgasPerSecond: rounded(embedded),
    remoteMgasPerSecond: rounded(remote),
    ratio: Number((remote / embedded).toFixed(2)),
  }
}
