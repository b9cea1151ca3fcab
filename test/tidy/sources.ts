/** The repo's own source files, parsed once. */

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ParseResult, parseSync } from 'oxc-parser'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface Source {
  /** Path from the repo's root, with forward slashes. */
  readonly file: string
  readonly text: string
  readonly lines: number
  /** Absent for files that are not JavaScript or TypeScript. */
  readonly parsed?: ParseResult
}

/** A node of the syntax tree: what the walks below need of it. */
export interface SyntaxNode {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [key: string]: unknown
}

export interface Workspace {
  /** The npm name, '@millrace/base'. */
  readonly name: string
  /** 'packages/base' */
  readonly folder: string
  readonly sources: readonly Source[]
}

const generatedFolders = new Set(['node_modules', 'dist', 'generated', 'results', 'coverage', '.git'])
const parsedExtensions = new Set(['.ts', '.tsx', '.js', '.mjs'])
const measuredExtensions = new Set([...parsedExtensions, '.sol', '.py'])

/** Every file under `folder` (from the root) that is not generated. */
export function listFiles(folder: string): string[] {
  const found: string[] = []
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    if (generatedFolders.has(entry.name)) continue
    const below = path.posix.join(folder, entry.name)
    if (entry.isDirectory()) found.push(...listFiles(below))
    else if (entry.isFile()) found.push(below)
  }
  return found.sort()
}

export function readSource(file: string): Source {
  const text = readFileSync(path.join(root, file), 'utf8')
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
  if (!parsedExtensions.has(path.extname(file))) return { file, text, lines }
  const parsed = parseSync(file, text)
  const [fault] = parsed.errors
  if (fault !== undefined) throw new Error(`${file} does not parse: ${fault.message}`)
  return { file, text, lines, parsed }
}

/** Code of every kind whose size is measured: packages, tests, benches and scripts. */
export function measuredSources(): Source[] {
  return ['packages', 'apps', 'examples', 'test', 'bench', 'scripts', 'bin']
    .flatMap(listFiles)
    .filter((file) => measuredExtensions.has(path.extname(file)))
    .map(readSource)
}

export function workspaces(): Workspace[] {
  return ['packages', 'apps', 'examples'].flatMap((group) =>
    readdirSync(path.join(root, group)).map((name) => {
      const folder = `${group}/${name}`
      const sources = listFiles(`${folder}/src`)
        .filter((file) => file.endsWith('.ts') || file.endsWith('.tsx'))
        .map(readSource)
      return { name: packageName(folder), folder, sources }
    }),
  )
}

function packageName(folder: string): string {
  // A workspace's package.json always has a name: npm refuses it otherwise.
  const manifest = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8')) as { name: string }
  return manifest.name
}

/** Tests may use the real thing of any package; the ranks bind what ships. */
export function isTest(file: string): boolean {
  return /\.(test|fuzz|bench)\.tsx?$/.test(file) || /\.suite\.ts$/.test(file)
}

export function lineOf(text: string, offset: number): number {
  let line = 1
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1
  return line
}

/** Calls `visit` for every node, parents first. */
export function walk(node: unknown, visit: (node: SyntaxNode, parents: readonly SyntaxNode[]) => void): void {
  step(node, visit, [])
}

function step(
  value: unknown,
  visit: (node: SyntaxNode, parents: readonly SyntaxNode[]) => void,
  parents: SyntaxNode[],
): void {
  if (Array.isArray(value)) {
    for (const item of value) step(item, visit, parents)
    return
  }
  if (!isNode(value)) return
  visit(value, parents)
  parents.push(value)
  for (const key of Object.keys(value)) {
    const child = value[key]
    if (typeof child === 'object' && child !== null) step(child, visit, parents)
  }
  parents.pop()
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}
