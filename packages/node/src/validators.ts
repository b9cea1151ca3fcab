/** A network of validators: its folders, one of its nodes, and what any node says of it. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { assert, type Logger, MillraceError, messageOf, silentLogger, systemRandom, toHex } from '@millrace/base'
import type { GenesisConfig, NewNetwork, StateSync, ValidatorNode } from '@millrace/chain'
import type { NewValidator } from '@millrace/ledger'
import { parseAccount } from '@millrace/voucher'
import { crashFrom } from './crash-at.ts'
import { keyOfFile } from './payments/unlock-key.ts'

export interface NetworkPlan {
  readonly folder: string
  readonly validators: number
  readonly genesisFile: string | undefined
  /** Where the first validator listens for its peers; the others take the ports that follow. */
  readonly peerHost: string
  readonly peerPort: number
}

/** The folder of each validator: the plan's own for a single one. */
export function validatorFolders({
  folder,
  validators,
}: Pick<NetworkPlan, 'folder' | 'validators'>): readonly string[] {
  if (validators === 1) return [folder]
  return Array.from({ length: validators }, (_item, index) => join(folder, `validator-${index}`))
}

/** @throws ChainError; SyntaxError when the genesis file is no JSON */
export async function initValidators(plan: NetworkPlan): Promise<NewNetwork & { readonly folders: readonly string[] }> {
  const { initNetwork, defaultGenesis } = await import('@millrace/chain')
  const { genesisFile, peerHost, peerPort } = plan
  const folders = validatorFolders(plan)
  // initNetwork checks every field of it before anything is written.
  const asked = genesisFile && (JSON.parse(await readFile(genesisFile, 'utf8')) as GenesisConfig)
  const network = await initNetwork({
    folders,
    listens: folders.map((_folder, index) => `${peerHost}:${peerPort + index}`),
    genesis: asked || defaultGenesis,
    random: systemRandom,
    wallSeconds: () => Date.now() / 1000,
  })
  return { ...network, folders }
}

export interface JoinPlan {
  readonly folder: string
  /** The genesis.json of a node of the network. */
  readonly genesisFile: string
  readonly peers: readonly string[]
  readonly peerHost: string
  readonly peerPort: number
  /** What it trusts to join by a snapshot; absent: it replays every block. */
  readonly stateSync?: StateSync | undefined
}

/** The folder of a node that joins a network. @throws ChainError; SyntaxError when the genesis file is no JSON */
export async function joinValidators(plan: JoinPlan): Promise<NewNetwork> {
  const { joinNetwork } = await import('@millrace/chain')
  const { folder, genesisFile, peers, peerHost, peerPort, stateSync } = plan
  // joinNetwork checks every field of it before anything is written.
  const genesis = JSON.parse(await readFile(genesisFile, 'utf8')) as GenesisConfig
  const listen = `${peerHost}:${peerPort}`
  return joinNetwork({ folder, listen, genesis, peers, stateSync, random: systemRandom })
}

/** The keys in a validator's folder, as they are registered: what signs its votes, and who signs its milestones. */
export async function validatorKeys(folder: string): Promise<Pick<NewValidator, 'consensusKey' | 'signer'>> {
  const path = join(folder, 'cometbft/config/priv_validator_key.json')
  const value: unknown = JSON.parse(await readFile(path, 'utf8'))
  const key: unknown = Reflect.get(Object(Reflect.get(Object(value), 'pub_key')), 'value')
  const bytes = typeof key === 'string' ? Buffer.from(key, 'base64') : Buffer.alloc(0)
  if (bytes.length !== 32)
    throw new StatusError('no-node', `${path} holds no ed25519 key: expected a folder of chain init`)
  const { address } = await keyOfFile(join(folder, 'milestone.key'))
  const signer = parseAccount(address)
  assert(signer !== undefined, 'a signer’s address')
  return { consensusKey: `0x${toHex(bytes)}`, signer }
}

export interface ValidatorServiceOptions {
  readonly folder: string
  readonly host: string
  readonly port: number
  readonly cometBft: string | undefined
  /** Where CometBFT answers light clients, host:port. */
  readonly consensusRpc?: string | undefined
  /** 0: none. Absent: the chain's default. */
  readonly snapshotEveryBlocks?: number | undefined
}

/** @throws ChainError */
export async function runValidator(
  { host, port, ...options }: ValidatorServiceOptions,
  logger: Logger = silentLogger,
): Promise<ValidatorNode> {
  const { startValidator } = await import('@millrace/chain')
  return startValidator({ ...options, rpc: { host, port }, logger, crash: crashFrom(process.env) })
}

/** What a node's JSON-RPC says of its chain's consensus. */
export interface ConsensusView {
  readonly driver: 'solo' | 'cometbft'
  readonly head: number
  readonly hash: string
  readonly finalized: number
  /** Of the head, unix seconds. */
  readonly timestamp: number
  /** Transactions that wait. */
  readonly waiting: number
  readonly validators: readonly { readonly address: string; readonly signer: string; readonly power: number }[]
}

/** No node answers, or it is none of ours. */
export class StatusError extends MillraceError<'no-node'> {
  override readonly name = 'StatusError'
}

/** @throws StatusError */
export async function viewConsensus(rpcUrl: string): Promise<ConsensusView> {
  const fail = (why: string, cause?: unknown) =>
    new StatusError('no-node', `${rpcUrl}: ${why}; expected the JSON-RPC of a running millrace chain`, { cause })
  try {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'millrace_consensus', params: [] })
    const response = await fetch(rpcUrl, { method: 'POST', body, signal: AbortSignal.timeout(statusWaitMs) })
    const answer: unknown = await response.json()
    const result: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'result') : undefined
    if (typeof result !== 'object' || result === null || !('driver' in result))
      throw fail('no answer to millrace_consensus')
    return result as ConsensusView // millrace_consensus's shape
  } catch (thrown) {
    throw thrown instanceof StatusError ? thrown : fail(messageOf(thrown), thrown)
  }
}

const statusWaitMs = 10_000

/** A header that others may trust to join by a snapshot. */
export interface TrustedHeader {
  readonly height: number
  /** CometBFT's hash of it, 64 hex digits. */
  readonly hash: string
}

/**
 * The newest header of a node, by its consensus RPC. Only who trusts the node may trust the header.
 *
 * @param server host:port
 * @throws StatusError
 */
export async function viewTrusted(server: string): Promise<TrustedHeader> {
  const fail = (why: string, cause?: unknown) =>
    new StatusError('no-node', `${server}: ${why}; expected a node that runs with chain start --consensus-rpc`, {
      cause,
    })
  const at = (value: unknown, ...names: string[]): unknown =>
    names.reduce((inner: unknown, name) => Reflect.get(Object(inner), name), value)
  try {
    const response = await fetch(`http://${server}/commit`, { signal: AbortSignal.timeout(statusWaitMs) })
    const header = at(await response.json(), 'result', 'signed_header')
    const [height, hash] = [Number(at(header, 'header', 'height')), at(header, 'commit', 'block_id', 'hash')]
    if (!Number.isSafeInteger(height) || typeof hash !== 'string') throw fail('no header in its answer')
    return { height, hash }
  } catch (thrown) {
    throw thrown instanceof StatusError ? thrown : fail(messageOf(thrown), thrown)
  }
}
