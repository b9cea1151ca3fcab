/**
 * Libraries, wallets and developers' tools of others, as they are: each deploys a contract, calls it and reads its logs, on
 * the embedded chain and on four validators.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeFolder, temporaryFolder } from '../support/content.ts'
import { ethersOverHttp, ethersOverSocket } from './chain/ethers.ts'
import { cast, forgeScript } from './chain/foundry.ts'
import { hardhat } from './chain/hardhat.ts'
import { cluster, type Network, solo } from './chain/network.ts'
import { nodeAsProvider, pageOverHttp, pageOverSocket } from './chain/page.ts'
import { canUsePeers } from './chain/peers.ts'
import { viemOverHttp, viemOverSocket } from './chain/viem.ts'

/** Compiling by an interpreter takes seconds, on a busy machine many; so does starting four validators. */
const slowMilliseconds = 300_000

const folder = temporaryFolder('chain-clients')
afterAll(() => removeFolder(folder))

const hasFoundry = canUsePeers('Foundry', ['cast', 'forge'], 'scripts/install-foundry.sh')
const hasHardhat = canUsePeers('Hardhat', ['hardhat'], 'scripts/install-hardhat.sh')

describe.each([solo, cluster].filter((kind) => kind.canRun()))('$name serves', (kind) => {
  const place = join(folder, kind.name.replaceAll(' ', '-'))
  let network: Network
  beforeAll(async () => {
    mkdirSync(place)
    network = await kind.start(place)
  }, slowMilliseconds)
  afterAll(() => network?.stop())

  const serves = (name: string, run: (network: Network, folder: string) => Promise<void>, isThere = true) => {
    it.runIf(isThere)(
      name,
      async () => {
        expect.hasAssertions()
        await run(network, join(place, name.replaceAll(' ', '-')))
      },
      slowMilliseconds,
    )
  }

  serves('viem over HTTP', viemOverHttp)
  serves('viem over WebSocket', viemOverSocket)
  serves('ethers 6 over HTTP', ethersOverHttp)
  serves('ethers 6 over WebSocket', ethersOverSocket)
  serves('a library that takes the node for a wallet', nodeAsProvider)
  serves('a page through a wallet over HTTP', pageOverHttp)
  serves('a page through a wallet over WebSocket', pageOverSocket)
  serves('cast', cast, hasFoundry)
  serves('forge script', forgeScript, hasFoundry)
  serves('Hardhat', hardhat, hasHardhat)
})
