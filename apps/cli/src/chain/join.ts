/** `millrace chain join`: the folder of a node that joins a network. */

import { messageOf } from '@millrace/base'
import { joinValidators } from '@millrace/node'
import type { Command } from 'commander'
import { UsageError } from '../exit-codes.ts'
import { note, printJson, printLine } from '../output.ts'
import { collectText, parsePort, parseWhole } from '../parse-options.ts'

interface JoinFlags {
  readonly data: string
  readonly genesis: string
  readonly peer: readonly string[]
  readonly peerHost: string
  readonly peerPort: number
  readonly snapshotRpc: readonly string[]
  readonly trustHeight?: number
  readonly trustHash?: string
  readonly json?: boolean
}

export function addChainJoin(chain: Command): void {
  chain
    .command('join')
    .summary('make the folder of a node that joins a network')
    .description(
      'Make keys and a folder for a node of a network that runs. It follows; stake add makes it a validator.',
    )
    .requiredOption('--data <folder>', 'the new node’s')
    .requiredOption('--genesis <file>', 'genesis.json of a node of the network')
    .requiredOption(
      '--peer <id@host:port>',
      'a node of the network, as chain init told it; may repeat',
      collectText,
      [],
    )
    .option('--peer-host <address>', 'where this node listens for the others', '127.0.0.1')
    .option('--peer-port <port>', 'and on which port', parsePort, 26656)
    .option(
      '--snapshot-rpc <host:port>',
      'consensus RPC of a node, to begin at a snapshot; two at least, they check each other',
      collectText,
      [],
    )
    .option('--trust-height <n>', 'with it: a height', parseWhole)
    .option('--trust-hash <hex>', 'and CometBFT’s hash of its header, from somebody you trust: see chain trusted')
    .option('--json', 'print one JSON object')
    .action(run)
}

async function run(flags: JoinFlags): Promise<void> {
  const { data, genesis, peer, peerHost, peerPort } = flags
  const wrong = peer.find((one) => !/^[0-9a-f]{40}@[^\s@,"\\]+:\d{1,5}$/.test(one))
  if (wrong !== undefined) throw new UsageError(`--peer ${wrong}: expected ID@HOST:PORT, as chain init told it`)
  const stateSync = stateSyncOf(flags)
  const plan = { folder: data, genesisFile: genesis, peers: peer, peerHost, peerPort, stateSync }
  const joined = await joinValidators(plan).catch((error: unknown) => {
    if (error instanceof SyntaxError) throw new UsageError(`--genesis: ${messageOf(error)}`)
    throw error
  })
  const { genesisHash, peers } = joined
  if (flags.json === true) return printJson({ genesisHash, folder: data, peers })
  printLine(`genesis ${genesisHash}\nnode ${data}\npeer ${peers.join(' ')}`)
  if (stateSync !== undefined)
    note('it begins at the newest snapshot of its peers; blocks before that it will not have')
  note(`start it with chain start --data ${data}; register it with stake add --node ${data}`)
}

/** All three or none: what a light client is given must be somebody's word, never a guess. */
function stateSyncOf({ snapshotRpc, trustHeight, trustHash }: JoinFlags) {
  if (snapshotRpc.length === 0 && trustHeight === undefined && trustHash === undefined) return undefined
  if (trustHeight === undefined || trustHash === undefined) {
    const from = snapshotRpc[0] ?? 'HOST:PORT'
    throw new UsageError(
      `--snapshot-rpc: expected --trust-height and --trust-hash with it; ask a node you trust: chain trusted ${from}`,
    )
  }
  if (snapshotRpc.length < 2) throw new UsageError('--snapshot-rpc: expected two nodes at least, they check each other')
  return { rpcServers: snapshotRpc, trustHeight, trustHash: trustHash.replace(/^0x/, '') }
}
