import { rename, rm, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseBtt } from '@millrace/base'
import { startChain } from '@millrace/chain'
import { openFeed } from '@millrace/node'
import { removeFolder, temporaryFolder } from '../support/content.ts'
import { deployOracle } from '../support/oracle.ts'
import { PriceServer } from '../support/price-server.ts'
import { price, priceFeedCompliance } from './price-feed.ts'

const here = { rpcUrl: undefined, wallMs: Date.now }

priceFeedCompliance('a fixed price', 'constant', async () => ({
  feed: openFeed(`fixed:${price}`, here),
  remove: async () => {},
}))

for (const [name, fragment, content] of [
  ['a file with a number', '', (text: string) => `${text}\n`],
  ['a file of JSON', '#/prices/0/usd', (text: string) => `{"prices":[{"usd":${text}},{"usd":9}]}`],
] as const) {
  priceFeedCompliance(name, 'moving', async () => {
    const folder = temporaryFolder('price-file')
    const file = path.join(folder, 'price')
    const publish = async (text: string, ageSeconds: number): Promise<void> => {
      await writeFile(`${file}.new`, content(text))
      const then = Date.now() / 1000 - ageSeconds
      await utimes(`${file}.new`, then, then)
      await rename(`${file}.new`, file)
    }
    await publish(price, 0)
    return {
      feed: openFeed(`file:${file}${fragment}`, here),
      moving: { publish, fail: () => rm(file) },
      remove: async () => removeFolder(folder),
    }
  })
}

priceFeedCompliance('a page', 'moving', async () => {
  const server = await new PriceServer().start()
  server.state = { kind: 'price', price, ageSeconds: 0 }
  return {
    feed: openFeed(server.feed.replace('//', '//me:secret@'), here),
    moving: {
      async publish(text, ageSeconds) {
        server.state = { kind: 'price', price: text, ageSeconds }
      },
      async fail() {
        server.state = { kind: 'status', status: 500 }
      },
    },
    remove: () => server.stop(),
  }
})

priceFeedCompliance('an oracle', 'moving', async () => {
  const chain = await startChain({
    blockTime: { kind: 'on-demand', leastSeconds: 0 },
    rpc: { host: '127.0.0.1', port: 0 },
  })
  const oracle = await deployOracle(chain.rpcUrl)
  // Blocks of a chain that does not wait run ahead of the clock, so the test's clock is that of the chain.
  let wallSeconds = await oracle.headSeconds()
  await oracle.report(parseBtt(price), wallSeconds)
  return {
    feed: openFeed(`oracle:${oracle.address}`, { rpcUrl: chain.rpcUrl, wallMs: () => Number(wallSeconds) * 1000 }),
    moving: {
      async publish(text, ageSeconds) {
        await oracle.requireReports(1)
        const observedAt = await oracle.headSeconds()
        await oracle.report(parseBtt(text), observedAt)
        wallSeconds = observedAt + BigInt(ageSeconds)
      },
      fail: () => oracle.requireReports(2),
    },
    remove: () => chain.close(),
  }
})
