// The embedded engine beside a geth that executes for the same chain over the Engine API, in one run: blocks full of one kind of
// work, made and checked, with equal hashes; then whole nodes under transactions through their JSON-RPC, as in chain-speed.

import { mnemonicToAccount } from 'viem/accounts'
import { systemRandom } from '../packages/base/dist/index.js'
import { resolveGenesis } from '../packages/chain/dist/genesis/config.js'
import { defaultGenesis, devMnemonic } from '../packages/chain/dist/index.js'
import { account, sign } from './chain-speed/client.js'
import { compileContracts } from './chain-speed/contracts.js'
import { findTool, measure, startOurs } from './chain-speed.js'
import { openBlocks } from './remote-engine/blocks.js'
import { startGeth } from './remote-engine/geth.js'
import { median } from './support.js'

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
    promises[`contract loops checked (${builder} makes blocks): ${times}`] = checked.loops.ratio >= goal
    promises[`contract loops made by ${builder}: ${times}`] = made.loops.ratio >= goal
  }
  return { gasLimit, senders, loops, tokenTransfers, versions, blocks, nodes, promises }
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

/** The medians of each kind, and of the loops together: all their gas by all their time. */
function rates(samples) {
  const of = (rounds) => {
    const rate = (name) => median(rounds.map(({ gas, seconds }) => gas / seconds[name] / 1e6))
    return row(rate('embedded'), rate('remote'))
  }
  const kinds = Object.fromEntries(Object.entries(samples).map(([kind, rounds]) => [kind, of(rounds)]))
  const sum = (pick) => Object.keys(loops).reduce((total, kind) => total + pick(kind), 0)
  const gasOf = (kind) => samples[kind][0].gas
  const whole = (name) => sum(gasOf) / 1e6 / sum((kind) => gasOf(kind) / 1e6 / kinds[kind].exact[name])
  const together = row(whole('embedded'), whole('remote'))
  const shown = ({ exact: _exact, ...rest }) => rest
  return {
    ...Object.fromEntries(Object.entries(kinds).map(([kind, it]) => [kind, { ...shown(it), gas: gasOf(kind) }])),
    loops: { ...shown(together), gas: sum(gasOf) },
  }
}

function row(embedded, remote) {
  const rounded = (value) => Number(value.toFixed(1))
  return {
    embeddedMgasPerSecond: rounded(embedded),
    remoteMgasPerSecond: rounded(remote),
    ratio: Number((remote / embedded).toFixed(2)),
    exact: { embedded, remote },
  }
}
