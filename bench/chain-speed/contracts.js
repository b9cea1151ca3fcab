// The contracts of the chain benches, compiled by npm's solc when they run: OpenZeppelin's ERC-20, and loops.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { encodeDeployData, encodeFunctionData, parseAbi } from 'viem'

const require = createRequire(import.meta.url)

const source = `
pragma solidity ^0.8.28;
import {ERC20} from '@openzeppelin/contracts/token/ERC20/ERC20.sol';

contract Token is ERC20('Token', 'TOK') {
  constructor(address[] memory holders) {
    for (uint256 i = 0; i < holders.length; i++) _mint(holders[i], 1e24);
  }
}

contract Loops {
  mapping(uint256 => uint256) private slots;
  uint256 public last;

  function arithmetic(uint256 rounds) external {
    uint256 x = 1;
    unchecked { for (uint256 i = 0; i < rounds; i++) x = (x * 6364136223846793005 + i) ^ (x >> 7); }
    last = x;
  }

  function hashing(uint256 rounds) external {
    bytes32 x = 0;
    for (uint256 i = 0; i < rounds; i++) x = keccak256(abi.encode(x, i));
    last = uint256(x);
  }

  function storing(uint256 rounds) external {
    for (uint256 i = 0; i < rounds; i++) slots[i] = i + 1;
  }

  function calling(uint256 rounds) external {
    for (uint256 i = 0; i < rounds; i++) this.nothing(i);
  }

  function nothing(uint256 i) external pure returns (uint256) {
    return i;
  }
}`

export const tokenAbi = parseAbi([
  'constructor(address[] holders)',
  'function transfer(address to, uint256 amount) returns (bool)',
])
const loopsAbi = parseAbi([
  'function arithmetic(uint256)',
  'function hashing(uint256)',
  'function storing(uint256)',
  'function calling(uint256)',
])

/** @returns creation code of both contracts, and of the token's transfer and the loops' functions the call data. */
export function compileContracts() {
  const solc = require('solc')
  const settings = {
    evmVersion: 'cancun',
    optimizer: { enabled: true, runs: 10_000 },
    outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
  }
  const input = { language: 'Solidity', sources: { 'Bench.sol': { content: source } }, settings }
  const read = (path) => ({ contents: readFileSync(require.resolve(path), 'utf8') })
  const { contracts, errors = [] } = JSON.parse(solc.compile(JSON.stringify(input), { import: read }))
  const wrong = errors.find(({ severity }) => severity === 'error')
  if (wrong !== undefined) throw new Error(wrong.formattedMessage)
  const code = (name) => `0x${contracts['Bench.sol'][name].evm.bytecode.object}`
  return {
    version: solc.version(),
    token: (holders) => encodeDeployData({ abi: tokenAbi, bytecode: code('Token'), args: [holders] }),
    loops: code('Loops'),
    tokenTransfer: (to) => encodeFunctionData({ abi: tokenAbi, functionName: 'transfer', args: [to, 1n] }),
    loop: (functionName, rounds) => encodeFunctionData({ abi: loopsAbi, functionName, args: [BigInt(rounds)] }),
  }
}
