// Blocks of one kind of work each, made and checked by engines without a node around them. Of each block the engines must give
// the same hash; a third engine makes what the two check, and follows what they make.

import { hexToBytes } from 'viem'
import { silentLogger } from '../../packages/base/dist/index.js'
import { createCommon } from '../../packages/chain/dist/common.js'
import { decodeTransaction, embeddedEngine } from '../../packages/chain/dist/execution/engine.js'
import { remoteClient } from '../../packages/chain/dist/execution/remote/client.js'
import { remoteEngine } from '../../packages/chain/dist/execution/remote/engine.js'
import { readSecret } from '../../packages/chain/dist/execution/remote/jwt.js'
import { memoryStore } from '../../packages/chain/dist/store/store.js'

function openEmbedded(genesis) {
  return embeddedEngine({ common: createCommon(genesis.chainId), store: memoryStore(), genesis })
}

function openRemote(genesis, { engineUrl, secretFile, rpcUrl }) {
  const wallSeconds = () => Date.now() / 1000
  const client = remoteClient({ url: engineUrl, secret: readSecret(secretFile), wallSeconds })
  const builder = rpcUrl === undefined ? undefined : remoteClient({ url: rpcUrl, wallSeconds })
  const common = createCommon(genesis.chainId)
  return remoteEngine({ client, builder, common, store: memoryStore(), genesis, logger: silentLogger })
}

/** @returns `run`, which makes or checks one block of signed transactions and tells its gas and each engine's seconds. */
export async function openBlocks(genesis, remote) {
  const racers = { embedded: openEmbedded(genesis), remote: openRemote(genesis, remote) }
  const maker = openEmbedded(genesis)
  const common = createCommon(genesis.chainId)
  let head
  for (const engine of [maker, ...Object.values(racers)]) {
    const candidate = await engine.genesis(genesis)
    await engine.commit(candidate)
    head = candidate.block
  }
  // Anew for each engine: a transaction remembers some of what it was asked.
  const decoded = (raws) => raws.map((raw) => decodeTransaction(hexToBytes(raw), common))
  const build = (engine, transactions) => {
    const queue = [...transactions]
    const refused = (_transaction, _why, message) => {
      throw new Error(`a transaction of the bench was left out: ${message}`)
    }
    const source = { next: () => queue.shift(), refused }
    return engine.build(head, Number(head.header.timestamp) + 1, source)
  }
  return {
    async run(raws, isMade) {
      const own = await build(maker, decoded(raws))
      const { block } = own
      const seconds = {}
      for (const [name, engine] of Object.entries(racers)) {
        const transactions = decoded(raws)
        const began = performance.now()
        const candidate = isMade
          ? await build(engine, transactions)
          : valueIn(await engine.execute(head, block.header, transactions))
        await engine.commit(candidate)
        seconds[name] = (performance.now() - began) / 1000
        if (candidate.block.hash !== block.hash) throw new Error(`the ${name} engine has another block`)
      }
      await maker.commit(own)
      if (block.receipts.some(({ status }) => status !== 1)) throw new Error('a transaction of the bench failed')
      head = block
      return { gas: Number(block.header.gasUsed), seconds, receipts: block.receipts }
    },
  }
}

function valueIn(result) {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}
