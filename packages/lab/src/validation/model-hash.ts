/**
 * The three shapes by which a model is validated: a hash of its sources draws them, so whoever changes the model is measured on
 * shapes that nobody chose. The model is the lab and the policies that it runs.
 */

import { createHash } from 'node:crypto'
import { drawShape, type Shape } from './shape.ts'

/** Packages whose sources are the model; their tests are not. */
export const modelPackages = ['lab', 'market', 'swarm'] as const

/** One with no market, the others with one in which bids compete. */
const markets = [false, true, true] as const
const biddersMin = 2
/** More than any hash needs: five of six seeds have two bidders. */
const drawsMax = 1_000
const seedsCount = 1_000_000

export interface SourceFile {
  /** From the root, with `/`. */
  readonly path: string
  readonly bytes: Uint8Array
}

/** Whether a file of a model's package is part of the model. */
export function isModelSource(path: string): boolean {
  return /^packages\/(?:lab|market|swarm)\/src\/.+\.ts$/.test(path) && !/\.(?:test|fuzz|bench)\.ts$/.test(path)
}

/**
 * SHA-256 over each source's path and content, in the order of the paths; other files are passed over.
 *
 * @returns 64 hex digits
 */
export function modelHash(files: readonly SourceFile[]): string {
  const hash = createHash('sha256')
  const sources = files.filter(({ path }) => isModelSource(path))
  for (const { path, bytes } of sources.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
    hash.update(`${path} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

/**
 * The shapes that a hash draws: seeds are taken in turn, and of those for a market the first that have two bidders at least.
 *
 * @example
 * shapesOf(modelHash(files)).map(({ seed }) => seed) // three seeds below a million
 */
export function shapesOf(hash: string): readonly Shape[] {
  const shapes: Shape[] = []
  for (let draw = 0; draw < drawsMax && shapes.length < markets.length; draw++) {
    const hasMarket = markets[shapes.length] ?? false
    const shape = drawShape(seedOf(hash, draw), hasMarket)
    if (!hasMarket || biddersOf(shape) >= biddersMin) shapes.push(shape)
  }
  return shapes
}

export function biddersOf({ peers }: Shape): number {
  return peers.filter(({ bid }) => bid > 0).length
}

function seedOf(hash: string, draw: number): number {
  return createHash('sha256').update(`${hash} ${draw}`).digest().readUInt32BE(0) % seedsCount
}
