// Our chain in a process of its own, as `millrace chain` runs it, with the bench's genesis and a watch on its event loop.
// Tells its URL over IPC when it serves.

import { defaultGenesis, startChain } from '../../packages/chain/dist/index.js'
import { watchLoop } from './loop-watch.js'

const {
  gasLimit,
  blockSeconds,
  dataFolder,
  remote,
  genesis = { ...defaultGenesis, gasLimit },
} = JSON.parse(process.argv[2])
const node = await startChain({
  ...(dataFolder === undefined ? {} : { dataFolder }),
  genesis,
  remote,
  blockTime: { kind: 'interval', seconds: blockSeconds },
  rpc: { host: '127.0.0.1', port: 0 },
})
watchLoop()
process.send({ url: node.rpcUrl, chainId: node.chainId })
