/** Foundry's cast and `forge script`. */

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parseEther } from 'viem'
import { privateKeyToAddress } from 'viem/accounts'
import { expect } from 'vitest'
import { developerKeys, type Network } from './network.ts'
import { outputOf, peerPath } from './peers.ts'
import { counterCode, counterSource, writeLines, writeSolcProgram } from './project.ts'

export async function cast({ rpcUrl, socketUrl }: Network, folder: string): Promise<void> {
  const run = toolIn(folder, 'cast', rpcUrl)
  const sent = ['--json', '--private-key', developerKeys.cast]
  const deployed = JSON.parse(await run('send', ...sent, '--create', counterCode()))
  const counter: string = deployed.contractAddress
  expect(
    Number(await run('estimate', '--from', privateKeyToAddress(developerKeys.cast), counter, 'set(uint256)', '7')),
  ).toBeGreaterThan(21_000)
  const receipt = JSON.parse(await run('send', ...sent, counter, 'set(uint256)', '7'))
  expect(receipt).toMatchObject({ status: '0x1', logs: { length: 1 } })
  expect(await run('call', counter, 'number()(uint256)')).toBe('7')
  const [log] = JSON.parse(await run('logs', '--json', '--from-block', receipt.blockNumber, '--address', counter))
  expect(log.transactionHash).toBe(receipt.transactionHash)
  const to = '0x00000000000000000000000000000000000000ca'
  await run('send', ...sent, to, '--value', '1ether')
  expect(BigInt(await run('balance', to))).toBe(parseEther('1'))
  expect(JSON.parse(await run('proof', to)).balance).toBe('0xde0b6b3a7640000')
  expect(await run('chain-id', '--rpc-url', socketUrl)).toBe('19990')
}

export async function forgeScript({ rpcUrl, chain }: Network, folder: string): Promise<void> {
  writeProject(folder)
  const run = toolIn(folder, 'forge', rpcUrl)
  const sent = ['--rpc-url', rpcUrl, '--private-key', developerKeys.forge, '--broadcast']
  expect(await run('script', 'script/Deploy.s.sol', '--tc', 'Deploy', ...sent)).toMatch(/SUCCESSFUL/)
  const broadcast = path.join(folder, `broadcast/Deploy.s.sol/${chain.id}/run-latest.json`)
  const { transactions, receipts } = JSON.parse(readFileSync(broadcast, 'utf8'))
  const counter: string = transactions[0].contractAddress
  expect(await toolIn(folder, 'cast', rpcUrl)('call', counter, 'number()(uint256)')).toBe('7')
  expect(receipts.at(-1).logs[0].address.toLowerCase()).toBe(counter.toLowerCase())
}

function toolIn(folder: string, tool: string, rpcUrl: string) {
  return (...args: string[]) => outputOf(peerPath(tool), args, folder, { ETH_RPC_URL: rpcUrl })
}

/** A contract, a script that deploys and calls it, and npm's solc under the name that forge runs. */
function writeProject(folder: string): void {
  const solc = writeSolcProgram(folder)
  writeLines(folder, 'foundry.toml', [
    '[profile.default]',
    `solc = "${solc}"`,
    'offline = true',
    'evm_version = "cancun"',
  ])
  writeLines(folder, 'src/Counter.sol', counterSource)
  writeLines(folder, 'script/Deploy.s.sol', [
    '// SPDX-License-Identifier: MIT',
    'pragma solidity ^0.8.20;',
    'import {Counter} from "../src/Counter.sol";',
    'interface Cheats { function startBroadcast() external; function stopBroadcast() external; }',
    'contract Deploy {',
    '  Cheats constant cheats = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));',
    '  function run() external { cheats.startBroadcast(); new Counter().set(7); cheats.stopBroadcast(); }',
    '}',
  ])
}
