import { engineSuite } from '../../testing/engine-suite.ts'
import { suiteCommon, suiteGenesis } from '../../testing/history.ts'
import { memoryStore } from '../store/store.ts'
import { embeddedEngine } from './engine.ts'

engineSuite('the embedded engine', async () => ({
  engine: embeddedEngine({ common: suiteCommon, store: memoryStore(), genesis: suiteGenesis }),
  close: async () => {},
}))
