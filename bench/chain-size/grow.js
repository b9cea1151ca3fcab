// Makes a chain in a folder, block after block, each of so many transfers to new accounts: through the pool, the application
// and the store as a node has them, but with nobody who waits for the next second. Tells over IPC what was made.

import { keccak256, toHex } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { silentLogger, systemRandom } from '../../packages/base/dist/index.js'
import { createCommon } from '../../packages/chain/dist/common.js'
import { embeddedEngine } from '../../packages/chain/dist/execution/engine.js'
import { openGenesis } from '../../packages/chain/dist/genesis/stored.js'
import { devMnemonic } from '../../packages/chain/dist/index.js'
import { createChain, deployContracts } from '../../packages/chain/dist/node.js'
import { decodeForm } from '../../packages/chain/dist/pool/form.js'
import { blocksOf } from '../../packages/chain/dist/store/blocks.js'
import { lmdbStore } from '../../packages/chain/dist/store/lmdb.js'
import { sign } from '../chain-speed/client.js'

const { dataFolder, blocks, transfersABlock } = JSON.parse(process.argv[2])
const began = performance.now()
const store = lmdbStore(dataFolder)
// So long ago that the last block is not ahead of the clock of the node that goes on with the chain.
const first = Math.floor(Date.now() / 1000) - blocks - 60
const genesis = await openGenesis(store, { asked: undefined, random: systemRandom, wallSeconds: () => first })
const common = createCommon(genesis.chainId)
const engine = embeddedEngine({ common, store, genesis })
const chain = await createChain({ common, genesis, engine, blocks: blocksOf(store, common), logger: silentLogger })
const nextTimestamp = () => Number(chain.head().header.timestamp) + 1
await deployContracts(chain, nextTimestamp)

const root = mnemonicToAccount(devMnemonic)
const faucet = { key: root.getHdKey().privateKey, address: root.address }
const addressOf = (index) => keccak256(toHex(`millrace bench receiver ${index}`)).slice(0, 42)

// Every transfer of the faucet is to an account of its own, and block 1 has none.
let accounts = Number((await engine.state(chain.head()).account(faucet.address.toLowerCase())).nonce)
const before = accounts
while (accounts < blocks * transfersABlock) {
  for (let i = 0; i < transfersABlock; i += 1) await submit(accounts++)
  await chain.makeBlock(nextTimestamp())
  const { receipts } = chain.head()
  if (receipts.length !== transfersABlock || receipts.some(({ status }) => status !== 1)) {
    throw new Error(`block ${chain.head().number} has ${receipts.length} transactions: expected ${transfersABlock}`)
  }
}
const { number: head, hash } = chain.head()
await store.close()
const seconds = Number(((performance.now() - began) / 1000).toFixed(1))
const made = (accounts - before) / transfersABlock
process.send({ head, hash, accounts, lastAccount: addressOf(accounts - 1), made, seconds }, () => process.disconnect())

async function submit(index) {
  const fields = { nonce: index, to: addressOf(index), value: 1n, gas: 21_000n }
  const decoded = decodeForm(Buffer.from(sign(faucet, genesis.chainId, fields).slice(2), 'hex'), common)
  const admitted = decoded.ok ? await chain.submit(decoded.value) : decoded
  if (!admitted.ok) throw new Error(`a transfer was refused: ${admitted.error.message}`)
}
