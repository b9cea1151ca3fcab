// A geth with our genesis, as docs/remote-engine.md runs it, in the bench's folder.

import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gethGenesis } from '../../packages/chain/dist/execution/remote/geth-genesis.js'
import { freePort, start, stop, waitForPort } from '../support.js'

/**
 * @param builds whether its RPC offers testing_buildBlockV1
 * @returns what `startChain` wants of it, and how to end it
 */
export async function startGeth(bench, file, genesis, builds) {
  mkdirSync(bench.folder, { recursive: true })
  const folder = mkdtempSync(path.join(bench.folder, 'geth-'))
  const genesisFile = path.join(folder, 'genesis.json')
  const secretFile = path.join(folder, 'jwt.hex')
  writeFileSync(genesisFile, JSON.stringify(await gethGenesis(genesis)))
  writeFileSync(secretFile, '11'.repeat(32))
  const made = spawnSync(file, ['init', '--state.scheme', 'hash', '--datadir', folder, genesisFile], {
    encoding: 'utf8',
  })
  if (made.status !== 0) throw new Error(`geth init ended with ${made.status}: ${made.stderr}`)
  const port = await freePort()
  const rpcPort = await freePort()
  const args = [
    ...[
      '--datadir',
      folder,
      '--syncmode',
      'full',
      '--gcmode',
      'archive',
      '--state.scheme',
      'hash',
      '--rpc.gascap',
      '0',
    ],
    ...['--nodiscover', '--maxpeers', '0', '--port', '0', '--ipcdisable', '--verbosity', '1'],
    ...['--authrpc.port', String(port), '--authrpc.jwtsecret', secretFile],
    ...(builds ? ['--http', '--http.port', String(rpcPort), '--http.api', 'eth,debug,testing'] : []),
    ...['--miner.gaslimit', String(genesis.gasLimit)],
  ]
  const it = start(bench, file, args)
  await waitForPort(it, port)
  if (builds) await waitForPort(it, rpcPort)
  const rpc = builds ? { rpcUrl: `http://127.0.0.1:${rpcPort}` } : {}
  return { remote: { engineUrl: `http://127.0.0.1:${port}`, secretFile, ...rpc }, stop: () => stop(it, 'SIGTERM') }
}
