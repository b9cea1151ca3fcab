import { silentLogger } from '@millrace/base'
import { describe, expect } from 'vitest'
import { engineSuite } from '../../../testing/engine-suite.ts'
import { canUseGeth, Geth } from '../../../testing/geth.ts'
import { suiteCommon, suiteGenesis } from '../../../testing/history.ts'
import { memoryStore } from '../../store/store.ts'
import { remoteClient } from './client.ts'
import { remoteEngine } from './engine.ts'
import { readSecret } from './jwt.ts'
import { offersBuilding } from './open.ts'

const wallSeconds = () => Date.now() / 1000

async function open(more: readonly string[]) {
  const geth = await Geth.start(suiteGenesis, { more: ['--rpc.gascap', '0', ...more] })
  const client = remoteClient({ url: geth.url, secret: readSecret(geth.secretFile), wallSeconds })
  const rpc = remoteClient({ url: geth.rpcUrl, wallSeconds })
  const builder = (await offersBuilding(rpc)) ? rpc : undefined
  const store = memoryStore()
  const parts = { client, builder, common: suiteCommon, store, genesis: suiteGenesis, logger: silentLogger }
  return { engine: remoteEngine(parts), builder, close: () => geth.remove() }
}

describe.skipIf(!canUseGeth())('over the Engine API', () => {
  engineSuite('a geth that simulates', async () => {
    const opened = await open([])
    expect(opened.builder).toBeUndefined()
    return opened
  })

  const testing = ['--http.api', 'eth,web3,testing']
  engineSuite('a geth that builds', async () => {
    const opened = await open([...testing, '--miner.gaslimit', String(suiteGenesis.gasLimit)])
    expect(opened.builder).toBeDefined()
    return opened
  })

  engineSuite('a geth that builds with another gas limit', () => open(testing))
})
