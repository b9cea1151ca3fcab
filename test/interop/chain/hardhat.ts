/** Hardhat with its ethers plugin: compiles with npm's solc, deploys, calls, reads logs. */

import { mkdirSync, symlinkSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { developerKeys, type Network } from './network.ts'
import { outputOf, peerPath } from './peers.ts'
import { counterSource, solcBuild, writeLines } from './project.ts'

export async function hardhat({ rpcUrl, chain }: Network, folder: string): Promise<void> {
  writeProject(folder, rpcUrl, chain.id)
  const program = path.join(folder, 'node_modules/hardhat/internal/cli/bootstrap.js')
  const script = ['run', 'scripts/deploy.js', '--network', 'millrace']
  // CI: it asks nobody whether it may report its use, and reports nothing.
  const printed = await outputOf(process.execPath, [program, ...script], folder, { CI: 'true' })
  const result = JSON.parse(printed.split('\n').at(-1) ?? '')
  expect(result).toEqual({ number: '7', logs: [['7']], chainId: '19990', reverted: true, balance: '3' })
}

/** Hardhat wants to be of the project, so its tree is linked into it. */
function writeProject(folder: string, url: string, chainId: number): void {
  mkdirSync(folder, { recursive: true })
  symlinkSync(path.join(peerPath('npm/hardhat'), 'node_modules'), path.join(folder, 'node_modules'))
  const compiler = solcBuild()
  const networks = { millrace: { url, chainId, accounts: [developerKeys.hardhat] } }
  writeLines(folder, 'hardhat.config.js', [
    "const { subtask } = require('hardhat/config')",
    "require('@nomicfoundation/hardhat-ethers')",
    // In place of the one that it would download.
    `subtask('compile:solidity:solc:get-build', async () => (${JSON.stringify(compiler)}))`,
    `module.exports = {`,
    `  solidity: { version: '${compiler.version}', settings: { evmVersion: 'cancun' } },`,
    `  networks: ${JSON.stringify(networks)},`,
    `}`,
  ])
  writeLines(folder, 'package.json', ['{ "name": "project", "private": true }'])
  writeLines(folder, 'contracts/Counter.sol', counterSource)
  writeLines(folder, 'scripts/deploy.js', [
    "const { ethers, network } = require('hardhat')",
    'async function main() {',
    "  const counter = await (await ethers.deployContract('Counter')).waitForDeployment()",
    '  const receipt = await (await counter.set(7)).wait()',
    "  const logs = await counter.queryFilter('Counted', receipt.blockNumber)",
    '  const [signer] = await ethers.getSigners()',
    "  const to = '0x00000000000000000000000000000000000000da'",
    '  await (await signer.sendTransaction({ to, value: 3n })).wait()',
    "  const reverted = await signer.estimateGas({ to: counter.target, data: '0xdeadbeef' }).then(() => false, () => true)",
    '  const text = {',
    '    number: await counter.number(),',
    '    logs: logs.map((log) => [...log.args]),',
    "    chainId: BigInt(await network.provider.send('eth_chainId')),",
    '    reverted,',
    '    balance: await ethers.provider.getBalance(to),',
    '  }',
    "  console.log(JSON.stringify(text, (_key, value) => (typeof value === 'bigint' ? String(value) : value)))",
    '}',
    'main().catch((error) => { console.error(error); process.exitCode = 1 })',
  ])
}
