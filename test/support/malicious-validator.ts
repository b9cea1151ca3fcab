/** A validator that lies when it proposes and when it votes: the real node and the real cometbft around a bent application. */

import { concatBytes, type Random } from '@millrace/base'
import { toRlp } from 'viem'
import type { App } from '../../packages/chain/src/app/app.ts'
import { type ExtendedVote, isVoteRecord } from '../../packages/chain/src/app/vote-record.ts'
import { bytesOf } from '../../packages/chain/src/hex.ts'
import { startBent } from './bent-validator.ts'

/** How it spoils the items that it proposes, and what the others say of them. */
export const lies = [
  'garbage',
  'repeated transaction',
  'no votes',
  'omitted vote',
  'emptied votes',
  'bad extension',
] as const
export type Lie = (typeof lies)[number]

export interface MaliciousValidator {
  /** Lies it has proposed so far, with their heights. */
  readonly told: { readonly lie: Lie; readonly height: number }[]
  /** Blocks that were decided with a lie of its in them. */
  readonly decided: number[]
  stop(): Promise<void>
}

export async function startMalicious(folder: string, random: Random): Promise<MaliciousValidator> {
  const told: { lie: Lie; height: number }[] = []
  const decided: number[] = []
  const stop = await startBent(folder, ({ app }) => bent(app, random, told, decided))
  return { told, decided, stop }
}

function bent(app: App, random: Random, told: { lie: Lie; height: number }[], decided: number[]): App {
  let seen: Uint8Array | undefined
  const lied = new Set<string>()
  /** Heights at which its own extension is garbage: a record with that in it is refused for it, whatever else is wrong. */
  const isGarbledAt = (height: number): boolean => height % 3 === 0
  const nameOf = (items: readonly Uint8Array[]) => Buffer.from(concatBytes(items)).toString('hex')
  return {
    ...app,
    async prepareProposal(request) {
      const items = await app.prepareProposal(request)
      const lie = lies[told.length % lies.length]
      const isMasked = lie === 'emptied votes' && isGarbledAt(request.height - 1)
      const spoiled = lie === undefined || isMasked ? undefined : spoil(lie, items, request.votes, random, seen)
      if (lie === undefined || spoiled === undefined) return items
      told.push({ lie, height: request.height })
      lied.add(nameOf(spoiled))
      return spoiled
    },
    // It votes for whatever it proposed, and takes each vote for good.
    processProposal: async () => ({ ok: true, value: undefined }),
    verifyVoteExtension: () => ({ ok: true, value: undefined }),
    async extendVote(input) {
      const extension = await app.extendVote(input)
      return isGarbledAt(input.height) ? random.bytes(extension.length) : extension
    },
    async finalizeBlock(input) {
      seen = input.items.find((item) => !isVoteRecord(item)) ?? seen
      if (lied.has(nameOf(input.items))) decided.push(input.height)
      return app.finalizeBlock(input)
    },
  }
}

/** The items with one lie in them, or undefined where there is nothing to lie about yet. */
function spoil(
  lie: Lie,
  items: readonly Uint8Array[],
  votes: readonly ExtendedVote[],
  random: Random,
  seen: Uint8Array | undefined,
): readonly Uint8Array[] | undefined {
  const [record, ...rest] = items
  const committed = votes.filter((vote) => vote.committed)
  const [first] = committed
  if (record === undefined || !isVoteRecord(record) || first === undefined) return undefined
  const withVotes = (changed: readonly ExtendedVote[]) => {
    const rows = changed.map(({ validator, extension }) => [bytesOf(validator), extension])
    return [concatBytes([record.slice(0, 1), toRlp(rows, 'bytes')]), ...rest]
  }
  switch (lie) {
    case 'garbage':
      return [...items, random.bytes(60)]
    case 'repeated transaction':
      return seen === undefined ? undefined : [...items, seen]
    case 'no votes':
      return rest
    case 'omitted vote':
      return withVotes(committed.slice(1))
    case 'emptied votes':
      return withVotes(committed.map((vote, index) => (index < 2 ? { ...vote, extension: new Uint8Array(0) } : vote)))
    case 'bad extension':
      return withVotes([{ ...first, extension: random.bytes(first.extension.length) }, ...committed.slice(1)])
  }
}
