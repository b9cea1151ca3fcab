// Our chain in a process of its own, as `millrace chain` runs it, with the bench's genesis and a watch on its event loop.
// Tells its URL over IPC; asked `stall`, answers with the longest delay of the loop since the last time, and with that which
// one in a thousand exceeds.

import { monitorEventLoopDelay } from 'node:perf_hooks'
import { defaultGenesis, startChain } from '../../packages/chain/dist/index.js'

const {
  gasLimit,
  blockSeconds,
  dataFolder,
  remote,
  genesis = { ...defaultGenesis, gasLimit },
} = JSON.parse(process.argv[2])
const resolution = 1
const node = await startChain({
  ...(dataFolder === undefined ? {} : { dataFolder }),
  genesis,
  remote,
  blockTime: { kind: 'interval', seconds: blockSeconds },
  rpc: { host: '127.0.0.1', port: 0 },
})
const loop = monitorEventLoopDelay({ resolution })
loop.enable()
process.on('message', () => {
  const milliseconds = (nanoseconds) => Math.round(nanoseconds / 1e5) / 10
  process.send({
    stallMilliseconds: milliseconds(loop.max),
    stallMillisecondsOfThousand: milliseconds(loop.percentile(99.9)),
  })
  loop.reset()
})
process.on('disconnect', () => process.exit())
process.send({ url: node.rpcUrl, chainId: node.chainId })
