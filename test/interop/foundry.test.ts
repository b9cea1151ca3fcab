/** Foundry's cast and `forge script` against the node: deploy, call, read logs. */

import { execFile } from 'node:child_process'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unhurriedChain } from '../../packages/chain/testing/clients.ts'
import { canUseData } from '../support/skips.ts'

/** Of the widely known test mnemonic: account 1, which is no secret. */
const key = '0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d'
const owner = '0x70997970C51812dc3A010C7d01b50e0d17dc79C8'

const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`
const packages = ['cast', 'forge'].map((tool) => `@foundry-rs/${tool}-${platform}`)
const toolOf = (tool: string) =>
  fileURLToPath(new URL(`../../node_modules/@foundry-rs/${tool}-${platform}/bin/${tool}`, import.meta.url))
const present = canUseData(
  'Foundry',
  process.platform !== 'win32' && existsSync(toolOf('cast')) && existsSync(toolOf('forge')),
  `npm install --no-save ${packages.map((name) => `${name}@1.7.1`).join(' ')}`,
)

/** Compiling by an interpreter takes seconds, on a busy machine many. */
const scriptMs = 300_000

describe.skipIf(!present)('Foundry', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'millrace-foundry-'))
  let node: Awaited<ReturnType<typeof unhurriedChain>>
  beforeAll(async () => {
    node = await unhurriedChain()
  })
  afterAll(async () => {
    await node?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const run = async (tool: string, ...options: string[]) => {
    const env = { ...process.env, ETH_RPC_URL: node.rpcUrl, HOME: folder, NO_COLOR: '1' }
    const { stdout } = await promisify(execFile)(toolOf(tool), options, { cwd: folder, env })
    return stdout.trim()
  }

  test('cast sends, calls, reads logs and proofs, and asks over WebSocket', async () => {
    const { vaultAddress: vault } = node
    const deposit = ['depositFor(address)', owner, '--value', '1ether']
    expect(Number(await run('cast', 'estimate', '--from', owner, vault, ...deposit))).toBeGreaterThan(21_000)
    const receipt = JSON.parse(await run('cast', 'send', '--json', '--private-key', key, vault, ...deposit))
    expect(receipt).toMatchObject({ status: '0x1', logs: { length: 1 } })
    const [log] = JSON.parse(await run('cast', 'logs', '--json', '--address', vault))
    expect(log.transactionHash).toBe(receipt.transactionHash)
    expect(await run('cast', 'balance', vault)).toBe('1000000000000000000')
    const proof = JSON.parse(await run('cast', 'proof', vault))
    expect(proof.balance).toBe('0xde0b6b3a7640000')
    expect(await run('cast', 'chain-id', '--rpc-url', node.rpcUrl.replace('http', 'ws'))).toBe('19990')
  })

  test(
    'forge script deploys and sends',
    async () => {
      writeProject(folder)
      const sent = ['--rpc-url', node.rpcUrl, '--private-key', key, '--broadcast']
      expect(await run('forge', 'script', 'script/Deploy.s.sol', '--tc', 'Deploy', ...sent)).toMatch(/SUCCESSFUL/)
      const broadcast = path.join(folder, `broadcast/Deploy.s.sol/${node.chainId}/run-latest.json`)
      const { transactions, receipts } = JSON.parse(readFileSync(broadcast, 'utf8'))
      const counter = transactions[0].contractAddress
      expect(await run('cast', 'call', counter, 'number()(uint256)')).toBe('7')
      expect(receipts.at(-1).logs[0].address.toLowerCase()).toBe(counter.toLowerCase())
    },
    scriptMs,
  )
})

/** A contract, a script that deploys and calls it, and npm's solc under the name that forge runs. */
function writeProject(folder: string): void {
  const solcModule = createRequire(import.meta.url).resolve('solc')
  const write = (name: string, ...lines: string[]) => {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, lines.join('\n'))
    return file
  }
  const compiler = write(
    'solc.cjs',
    `const solc = require(${JSON.stringify(solcModule)})`,
    "const version = () => 'Version: ' + solc.version().replace('.Emscripten.clang', '.Linux.g++')",
    "const input = () => require('node:fs').readFileSync(0, 'utf8')",
    "console.log(process.argv.includes('--version') ? version() : solc.compile(input()))",
  )
  const solc = write('solc', '#!/bin/sh', `exec "${process.execPath}" "${compiler}" "$@"`)
  chmodSync(solc, 0o755)
  write('foundry.toml', '[profile.default]', `solc = "${solc}"`, 'offline = true', 'evm_version = "cancun"')
  write(
    'src/Counter.sol',
    '// SPDX-License-Identifier: MIT',
    'pragma solidity ^0.8.20;',
    'contract Counter {',
    '  uint256 public number;',
    '  event Counted(uint256 indexed number);',
    '  function set(uint256 value) external { number = value; emit Counted(value); }',
    '}',
  )
  write(
    'script/Deploy.s.sol',
    '// SPDX-License-Identifier: MIT',
    'pragma solidity ^0.8.20;',
    'import {Counter} from "../src/Counter.sol";',
    'interface Cheats { function startBroadcast() external; function stopBroadcast() external; }',
    'contract Deploy {',
    '  Cheats constant cheats = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));',
    '  function run() external { cheats.startBroadcast(); new Counter().set(7); cheats.stopBroadcast(); }',
    '}',
  )
}
