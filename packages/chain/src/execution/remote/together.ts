/** Brings the other process to where our store stands: it may have been killed, or we may have been before we told it. */

import type { Logger } from '@millrace/base'
import type { Hex } from 'viem'
import type { ChainBlock } from '../../block.ts'
import { ChainError } from '../../errors.ts'
import { hexOf, quantity } from '../../hex.ts'
import type { Blocks } from '../../store/blocks.ts'
import { blockPlace, forkchoiceStatus, payloadStatus } from './answers.ts'
import type { RemoteClient } from './client.ts'
import { forkchoice, newPayload } from './payload.ts'

export interface TogetherParts {
  readonly client: RemoteClient
  readonly blocks: Pick<Blocks, 'head' | 'byNumber'>
  readonly logger: Logger
}

/**
 * Executes there what is only here, and makes our head the head of both.
 *
 * @throws ChainError engine-unfit when it holds blocks of this chain that our folder does not, or refuses ours
 */
export async function bringTogether({ client, blocks, logger }: TogetherParts): Promise<void> {
  const head = blocks.head()
  if (head === undefined) return
  const theirs = await placeOf(client, 'latest')
  const shared = await lastShared(client, blocks, Math.min(theirs.number, head.number))
  if (theirs.number > shared) {
    const message = `the engine has block ${theirs.number}, our folder shares its blocks up to ${shared}: start with the folder that made them, or run geth init in a new datadir`
    throw new ChainError('engine-unfit', message)
  }
  if (shared < head.number) logger.log('info', 'the engine executes again', { from: shared + 1, to: head.number })
  for (let number = shared + 1; number <= head.number; number++) {
    const block = blocks.byNumber(number)
    if (block !== undefined) await replay(client, block)
  }
  await makeHead(client, head.hash)
}

async function replay(client: RemoteClient, block: ChainBlock): Promise<void> {
  const { method, params } = newPayload(block)
  const ask = async () => payloadStatus(await client.call(method, ...params))
  let answer = await ask()
  if (answer.status === 'SYNCING' || answer.status === 'ACCEPTED') {
    // A geth that was killed may know blocks whose state it has lost. Told that such a block is the head, it executes up to it.
    await makeHead(client, hexOf(block.header.parentHash))
    answer = await ask()
  }
  if (answer.status === 'VALID') return
  throw new ChainError('engine-unfit', `the engine says of our block ${block.number}: ${answer.fault}; ${remedy}`)
}

const remedy =
  'expected VALID; run geth with --syncmode full and --state.scheme hash, or geth init in a new datadir, which gets all blocks again'

/** @throws ChainError engine-unfit */
export async function makeHead(client: RemoteClient, hash: Hex): Promise<void> {
  const { method, params } = forkchoice(hash)
  const { status, fault } = forkchoiceStatus(await client.call(method, ...params))
  if (status !== 'VALID') throw new ChainError('engine-unfit', `the engine makes ${hash} no head: ${fault}; ${remedy}`)
}

/** The highest number up to `most` at which both have the same block; block 0 was compared before. */
async function lastShared(client: RemoteClient, blocks: TogetherParts['blocks'], most: number): Promise<number> {
  const isShared = async (number: number) =>
    (await placeOf(client, quantity(number))).hash === blocks.byNumber(number)?.hash
  if (await isShared(most)) return most
  let [least, above] = [0, most]
  while (above - least > 1) {
    const middle = (least + above) >> 1
    if (await isShared(middle)) least = middle
    else above = middle
  }
  return least
}

/** @throws ChainError engine-failed */
export async function placeOf(client: RemoteClient, tag: string) {
  const place = blockPlace(await client.call('eth_getBlockByNumber', tag, false))
  if (place === undefined) throw new ChainError('engine-failed', `the engine has no block ${tag}: expected one`)
  return place
}
