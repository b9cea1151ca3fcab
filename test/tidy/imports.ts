/** What a file imports, and what may be wrong with it. */

import path from 'node:path'
import { impureHomes, pureRankMax, ranks } from './ranks.ts'
import { isNode, isTest, lineOf, type Source, type SyntaxNode, type Workspace, walk } from './sources.ts'

const socketModules = new Set(['net', 'dgram', 'http', 'https', 'http2', 'tls', 'dns', 'timers'])
const timerNames = new Set(['setTimeout', 'setInterval', 'setImmediate'])

/** Module names of every static, dynamic and re-exporting import of a file. */
export function importsOf(source: Source): string[] {
  const module = source.parsed?.module
  if (module === undefined) return []
  const fromExports = module.staticExports.flatMap((statement) =>
    statement.entries.flatMap((entry) => (entry.moduleRequest ? [entry.moduleRequest.value] : [])),
  )
  const fromDynamic = module.dynamicImports.flatMap(({ moduleRequest }) => {
    const literal = /^(['"`])(.*)\1$/.exec(source.text.slice(moduleRequest.start, moduleRequest.end))
    return literal?.[2] === undefined ? [] : [literal[2]]
  })
  return [...new Set([...module.staticImports.map((it) => it.moduleRequest.value), ...fromExports, ...fromDynamic])]
}

/** Imports of our own packages that go up, sideways, deep, or around the package's front door. */
export function rankFindings(workspace: Workspace): string[] {
  const own = ranks[workspace.name] ?? Number.NaN
  return workspace.sources.flatMap((source) =>
    importsOf(source).flatMap((target) => {
      if (target.startsWith('.')) return outsideFindings(workspace, source, target)
      if (!target.startsWith('@millrace/')) return []
      const name = target.split('/').slice(0, 2).join('/')
      if (name !== target) return [`${source.file}: deep import of ${target}`]
      const rank = ranks[name]
      if (rank === undefined) return [`${source.file}: ${name} has no rank`]
      if (isTest(source.file) || rank < own) return []
      return [`${source.file}: rank ${own} imports ${name} of rank ${rank}`]
    }),
  )
}

function outsideFindings(workspace: Workspace, source: Source, target: string): string[] {
  const reached = path.posix.join(path.posix.dirname(source.file), target)
  if (isTest(source.file) || reached.startsWith(`${workspace.folder}/src/`)) return []
  return [`${source.file}: relative import ${target} leaves the package`]
}

/** Cycles between the files of a package; each is told once, from its first file. Types count: they tie files too. */
export function cycleFindings(workspace: Workspace): string[] {
  const edges = new Map(workspace.sources.map((source) => [source.file, relativeImports(source)]))
  const done = new Set<string>()
  const cycles = new Set<string>()
  const follow = (file: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(file)
    if (seenAt !== -1) {
      cycles.add(`import cycle: ${rotate(trail.slice(seenAt)).join(' -> ')}`)
      return
    }
    if (done.has(file)) return
    for (const next of edges.get(file) ?? []) follow(next, [...trail, file])
    done.add(file)
  }
  for (const file of edges.keys()) follow(file, [])
  return [...cycles]
}

function relativeImports(source: Source): string[] {
  return importsOf(source)
    .filter((target) => target.startsWith('.'))
    .map((target) => path.posix.join(path.posix.dirname(source.file), target))
}

function rotate(cycle: readonly string[]): string[] {
  const first = cycle.indexOf([...cycle].sort()[0] ?? '')
  return [...cycle.slice(first), ...cycle.slice(0, first)]
}

/** Clocks, randomness, sockets and timers where they must be injected. */
export function impurityFindings(workspace: Workspace): string[] {
  const rank = ranks[workspace.name] ?? Number.NaN
  const isPure = rank <= pureRankMax
  if (!isPure && workspace.name !== '@millrace/swarm') return []
  return workspace.sources
    .filter((source) => !isTest(source.file) && !impureHomes.includes(source.file))
    .flatMap((source) => [
      ...importsOf(source)
        .filter((target) => socketModules.has(target.replace(/^node:/, '').split('/')[0] ?? ''))
        .map((target) => `${source.file}: imports ${target}`),
      ...impureUses(source, isPure),
    ])
}

function impureUses(source: Source, timersToo: boolean): string[] {
  const found: string[] = []
  walk(source.parsed?.program, (node) => {
    const use = impureUse(node, timersToo)
    if (use !== undefined) found.push(`${source.file}:${lineOf(source.text, node.start)}: uses ${use}`)
  })
  return found
}

function impureUse(node: SyntaxNode, timersToo: boolean): string | undefined {
  if (node.type === 'MemberExpression') {
    const use = `${identifier(node.object)}.${identifier(node.property)}`
    const banned = ['Date.now', 'Math.random', 'performance.now', 'process.hrtime', 'crypto.getRandomValues']
    return banned.includes(use) ? use : undefined
  }
  if (node.type === 'NewExpression' && identifier(node.callee) === 'Date') {
    return Array.isArray(node.arguments) && node.arguments.length === 0 ? 'new Date()' : undefined
  }
  if (node.type !== 'CallExpression' || !timersToo) return undefined
  const name = identifier(node.callee)
  return timerNames.has(name) ? name : undefined
}

export function identifier(node: unknown): string {
  return isNode(node) && node.type === 'Identifier' && typeof node.name === 'string' ? node.name : ''
}
