/** What the node is and by which rules it runs: eth_config (EIP-7910), eth_capabilities, rpc_modules, net_version, web3_. */

import type { Common } from '@ethereumjs/common'
import { getActivePrecompiles } from '@ethereumjs/evm'
import { keccak256 } from 'viem'
import { quantity } from '../hex.ts'
import type { Methods, RpcContext } from './context.ts'
import { RpcError, rpcCodes } from './errors.ts'
import { bytes } from './params.ts'
import type { Json } from './views.ts'

/** Whose methods this node has, as consoles ask before they show any. */
const namespaces = ['debug', 'eth', 'millrace', 'net', 'rpc', 'txpool', 'web3'] as const

export function configMethods({ chain }: RpcContext): Methods {
  const chainId = chain.genesis.chainId
  const noAccount = () => {
    throw new RpcError(
      rpcCodes.server,
      'unknown account: this node holds no keys; sign first, then eth_sendRawTransaction',
    )
  }
  return {
    eth_chainId: () => quantity(chainId),
    eth_accounts: () => [],
    eth_sendTransaction: noAccount,
    eth_signTransaction: noAccount,
    eth_sign: noAccount,
    eth_resend: noAccount,
    eth_pendingTransactions: () => [],
    eth_config: () => forkConfigs(chain.head().header, chain.genesisHash),
    eth_capabilities() {
      const { number, hash } = chain.head()
      const base = chain.blocks.base()
      const all = { disabled: false, oldestBlock: quantity(base > 1 ? base : 0) }
      const kept = { state: all, tx: all, logs: all, receipts: all, blocks: all, stateproofs: all }
      return { head: { number: quantity(number), hash }, ...kept }
    },
    net_version: () => String(chainId),
    rpc_modules: () => Object.fromEntries(namespaces.map((name) => [name, '1.0'])),
    web3_clientVersion: () => 'millrace/0.1.0',
    web3_sha3: ([value]) => keccak256(bytes(value, 'data')),
  }
}

/** The rules of the head's fork, of the next and of the last that is set; null where there is none. */
function forkConfigs(head: { readonly common: Common; readonly timestamp: bigint }, genesisHash: string) {
  const rules = head.common
  const ahead = rules.hardforks().filter(({ timestamp }) => BigInt(timestamp ?? 0) > head.timestamp)
  const at = (fork: { readonly name: string } | undefined) => {
    if (fork === undefined) return null
    const common = rules.copy()
    common.setHardfork(fork.name)
    return forkConfig(common, genesisHash)
  }
  return { current: forkConfig(rules, genesisHash), next: at(ahead[0]), last: at(ahead.at(-1)) }
}

function forkConfig(common: Common, genesisHash: string): Json {
  const fork = common.hardforks().find(({ name }) => name === common.hardfork())
  const blobGas = common.param('blobGasPerBlob')
  const { targetBlobGasPerBlock, maxBlobGasPerBlock, blobGasPriceUpdateFraction } = common.getBlobGasSchedule()
  return {
    activationTime: Number(fork?.timestamp ?? 0),
    blobSchedule: {
      target: Number(targetBlobGasPerBlock / blobGas),
      max: Number(maxBlobGasPerBlock / blobGas),
      baseFeeUpdateFraction: Number(blobGasPriceUpdateFraction),
    },
    chainId: quantity(common.chainId()),
    forkId: common.forkHash(common.hardfork(), Buffer.from(genesisHash.slice(2), 'hex')),
    precompiles: precompiles(common),
    systemContracts: systemContracts(common),
  }
}

/** EIP-7910's names, by the number that is the address. */
const precompileNames: Readonly<Record<string, string>> = {
  '1': 'ECREC',
  '2': 'SHA256',
  '3': 'RIPEMD160',
  '4': 'ID',
  '5': 'MODEXP',
  '6': 'BN254_ADD',
  '7': 'BN254_MUL',
  '8': 'BN254_PAIRING',
  '9': 'BLAKE2F',
  '10': 'KZG_POINT_EVALUATION',
  '11': 'BLS12_G1ADD',
  '12': 'BLS12_G1MSM',
  '13': 'BLS12_G2ADD',
  '14': 'BLS12_G2MSM',
  '15': 'BLS12_PAIRING_CHECK',
  '16': 'BLS12_MAP_FP_TO_G1',
  '17': 'BLS12_MAP_FP2_TO_G2',
  '256': 'P256VERIFY',
}

function precompiles(common: Common): Json {
  return Object.fromEntries(
    [...getActivePrecompiles(common).keys()].map((address) => {
      return [precompileNames[String(BigInt(`0x${address}`))] ?? `0x${address}`, `0x${address}`]
    }),
  )
}

/** By the proposal that brings it; the deposit contract is each chain's own. */
const contracts: readonly (readonly [eip: number, name: string, address: string])[] = [
  [4788, 'BEACON_ROOTS_ADDRESS', '0x000f3df6d732807ef1319fb7b8bb8522d0beac02'],
  [2935, 'HISTORY_STORAGE_ADDRESS', '0x0000f90827f1c53a10cb7a02335b175320002935'],
  [7002, 'WITHDRAWAL_REQUEST_PREDEPLOY_ADDRESS', '0x00000961ef480eb55e80d19ad83579a64c007002'],
  [7251, 'CONSOLIDATION_REQUEST_PREDEPLOY_ADDRESS', '0x0000bbddc7ce488642fb579f8b00f3a590007251'],
]

function systemContracts(common: Common): Json {
  // The chain's parameters have no public reader.
  const chain: unknown = Reflect.get(common, '_chainParams')
  const deposit: unknown = common.isActivatedEIP(6110)
    ? Reflect.get(Object(chain), 'depositContractAddress')
    : undefined
  return {
    ...Object.fromEntries(contracts.flatMap(([eip, name, at]) => (common.isActivatedEIP(eip) ? [[name, at]] : []))),
    ...(deposit === undefined ? {} : { DEPOSIT_CONTRACT_ADDRESS: deposit }),
  }
}
