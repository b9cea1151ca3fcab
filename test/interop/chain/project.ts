/** A project of one contract, as developers' tools want it on disk. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'

const require = createRequire(import.meta.url)

/** npm's solc, which has no types. */
const solc: { compile(input: string): string; version(): string } = require('solc')
const solcModule = require.resolve('solc')

export const counterSource = [
  '// SPDX-License-Identifier: MIT',
  'pragma solidity ^0.8.20;',
  'contract Counter {',
  '  uint256 public number;',
  '  event Counted(uint256 indexed number);',
  '  function set(uint256 value) external { number = value; emit Counted(value); }',
  '}',
]

/** The contract's creation code. */
export function counterCode(): string {
  const input = {
    language: 'Solidity',
    sources: { 'Counter.sol': { content: counterSource.join('\n') } },
    settings: { evmVersion: 'cancun', outputSelection: { '*': { '*': ['evm.bytecode.object'] } } },
  }
  return `0x${JSON.parse(solc.compile(JSON.stringify(input))).contracts['Counter.sol'].Counter.evm.bytecode.object}`
}

/** npm's solc as Hardhat names a compiler. */
export function solcBuild() {
  const longVersion = solc.version().replace('.Emscripten.clang', '')
  const compilerPath = path.join(path.dirname(solcModule), 'soljson.js')
  return { version: longVersion.split('+')[0], longVersion, isSolcJs: true, compilerPath }
}

/** The path of the file, written with these lines. */
export function writeLines(folder: string, name: string, lines: readonly string[]): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, lines.join('\n'))
  return file
}

/** npm's solc as the program that forge runs. */
export function writeSolcProgram(folder: string): string {
  const compiler = writeLines(folder, 'solc.cjs', [
    `const solc = require(${JSON.stringify(solcModule)})`,
    "const version = () => 'Version: ' + solc.version().replace('.Emscripten.clang', '.Linux.g++')",
    "const input = () => require('node:fs').readFileSync(0, 'utf8')",
    "console.log(process.argv.includes('--version') ? version() : solc.compile(input()))",
  ])
  const program = writeLines(folder, 'solc', ['#!/bin/sh', `exec "${process.execPath}" "${compiler}" "$@"`])
  chmodSync(program, 0o755)
  return program
}
