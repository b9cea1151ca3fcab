/** CometBFT's home folder: its configuration, its genesis and its keys, written once by `chain init`. */

import type { Hex } from 'viem'
import type { ResolvedGenesis } from '../../genesis/config.ts'
import { evidenceBlocksOf, trustSecondsOf } from '../../genesis/liability.ts'
import { networkNameOf } from './calls.ts'
import { type Ed25519Key, nodeKeyFile, validatorKeyFile } from './keys.ts'
import { type StateSync, stateSyncText } from './state-sync.ts'

export interface HomeOptions {
  readonly moniker: string
  readonly genesis: ResolvedGenesis
  readonly genesisHash: Hex
  readonly validatorKey: Ed25519Key
  readonly nodeKey: Ed25519Key
  /** Where peers connect, host:port. */
  readonly listen: string
  /** id@host:port of each peer. */
  readonly peers: readonly string[]
  /** Absent: the node replays every block. */
  readonly stateSync?: StateSync | undefined
}

/** A block's bytes: 30 M gas of plain transfers are 0.2 MB, of call data at 16 gas a byte 1.9 MB. */
const blockBytesMax = 4_194_304
/** What no transaction may be longer than; the pool has the same limit. */
const transactionBytesMax = 131_072
/** For the votes of who is far: a proposal takes those that have come by then. The rest of the second is for voting. */
const commitMilliseconds = 600
/** How long CometBFT's gossip rests when it has nothing for a peer; each of three steps of voting waits for it. */
const gossipMilliseconds = 20

/** The files of the home folder by their path in it. */
export function homeFiles(options: HomeOptions): ReadonlyMap<string, string> {
  const json = (value: object) => `${JSON.stringify(value, undefined, 2)}\n`
  return new Map([
    ['config/config.toml', configText(options)],
    ['config/genesis.json', json(genesisFile(options))],
    ['config/priv_validator_key.json', json(validatorKeyFile(options.validatorKey))],
    ['config/node_key.json', json(nodeKeyFile(options.nodeKey))],
    ['data/priv_validator_state.json', json({ height: '0', round: 0, step: 0 })],
  ])
}

function genesisFile({ genesis, genesisHash }: HomeOptions): object {
  return {
    genesis_time: new Date(genesis.timestamp * 1000).toISOString(),
    chain_id: networkNameOf(genesis.chainId),
    initial_height: '1',
    consensus_params: {
      block: { max_bytes: `${blockBytesMax}`, max_gas: '-1' },
      evidence: {
        max_age_num_blocks: `${evidenceBlocksOf(genesis)}`,
        // CometBFT refuses what is above both. The shorter time leaves it to blocks, by which stake is liable too.
        max_age_duration: `${trustSecondsOf(genesis)}000000000`,
        max_bytes: '1048576',
      },
      validator: { pub_key_types: ['ed25519'] },
      version: { app: '1' },
      abci: { vote_extensions_enable_height: '1' },
    },
    // No validators here: the application names them, from the one genesis file that all nodes share.
    app_hash: '',
    app_state: genesisHash,
  }
}

/** Only what differs from CometBFT's defaults; the sockets are flags of its start, so that a folder can be moved. */
function configText({ moniker, listen, peers, stateSync, genesis }: HomeOptions): string {
  return `# Written by millrace chain init.
moniker = ${JSON.stringify(moniker)}

[p2p]
laddr = "tcp://${listen}"
persistent_peers = "${peers.join(',')}"
# Peers on one machine or in one network share addresses.
addr_book_strict = false
allow_duplicate_ip = true

[mempool]
# The application keeps the pool: it knows nonces and prices.
type = "app"
max_tx_bytes = ${transactionBytesMax}
max_batch_bytes = ${8 * transactionBytesMax}
reap_interval = "100ms"

[consensus]
timeout_commit = "${commitMilliseconds}ms"
peer_gossip_sleep_duration = "${gossipMilliseconds}ms"

[tx_index]
# JSON-RPC answers for transactions.
indexer = "null"
${stateSyncText(stateSync, trustSecondsOf(genesis))}`
}
