import { silentLogger } from '@millrace/base'
import { describe } from 'vitest'
import { engineSuite } from '../../../testing/engine-suite.ts'
import { canUseGeth, Geth } from '../../../testing/geth.ts'
import { suiteCommon, suiteGenesis } from '../../../testing/history.ts'
import { memoryStore } from '../../store/store.ts'
import { remoteClient } from './client.ts'
import { remoteEngine } from './engine.ts'
import { readSecret } from './jwt.ts'

describe.skipIf(!canUseGeth())('over the Engine API', () => {
  engineSuite('a geth', async () => {
    const geth = await Geth.start(suiteGenesis)
    const secret = readSecret(geth.secretFile)
    const client = remoteClient({ url: geth.url, secret, wallSeconds: () => Date.now() / 1000 })
    const store = memoryStore()
    const engine = remoteEngine({ client, common: suiteCommon, store, genesis: suiteGenesis, logger: silentLogger })
    return { engine, close: () => geth.remove() }
  })
})
