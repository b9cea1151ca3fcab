/** Sizes, casts and front doors of source files. */

import { identifier } from './imports.ts'
import { fileLinesMax, functionLinesMax } from './ranks.ts'
import { isTest, lineOf, type Source, type SyntaxNode, walk } from './sources.ts'

const functionTypes = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'])
const statementTypes = /(Statement|Declaration|PropertyDefinition|MethodDefinition|Property|SwitchCase)$/

export function sizeFindings(source: Source): string[] {
  const found = source.lines > fileLinesMax ? [`${source.file}: ${source.lines} lines`] : []
  walk(source.parsed?.program, (node, parents) => {
    if (!functionTypes.has(node.type) || isGroupOfTests(node, parents.at(-1))) return
    const first = lineOf(source.text, node.start)
    const lines = lineOf(source.text, node.end) - first + 1
    if (lines > functionLinesMax) found.push(`${source.file}:${first}: a function of ${lines} lines`)
  })
  return found
}

/** The callback of `describe` is a heading, not a function: its tests are measured one by one. */
function isGroupOfTests(node: SyntaxNode, parent: SyntaxNode | undefined): boolean {
  if (parent?.type !== 'CallExpression' || parent.callee === node) return false
  const start = calleeRoot(parent.callee)
  return start === 'describe'
}

function calleeRoot(callee: unknown): string {
  // Syntax nodes are checked by their `type` below, before any of their keys is used.
  const node = callee as SyntaxNode
  if (node.type === 'MemberExpression') return calleeRoot(node.object)
  if (node.type === 'CallExpression') return calleeRoot(node.callee)
  return identifier(node)
}

/** Every `as` but `as const` says, on its lines or just above its statement, why it holds. */
export function castFindings(source: Source): string[] {
  if (isTest(source.file) || source.parsed === undefined) return []
  const { text, parsed } = source
  const commented = new Set<number>()
  for (const comment of parsed.comments) {
    const last = lineOf(text, comment.end)
    for (let line = lineOf(text, comment.start); line <= last; line += 1) commented.add(line)
  }
  const found: string[] = []
  walk(parsed.program, (node, parents) => {
    if (node.type !== 'TSAsExpression' || isConstCast(node, text)) return
    const statement = parents.findLast((parent) => statementTypes.test(parent.type)) ?? node
    const first = lineOf(text, Math.max(statement.start, 0)) - 1
    const last = lineOf(text, node.end)
    for (let line = first; line <= last; line += 1) if (commented.has(line)) return
    found.push(`${source.file}:${lineOf(text, node.start)}: an \`as\` without a comment that says why it holds`)
  })
  return found
}

function isConstCast(node: SyntaxNode, text: string): boolean {
  return /\bas\s+const$/.test(text.slice(node.start, node.end))
}

/** A package's index opens with its purpose and re-exports by name; no other file is a barrel. */
export function doorFindings(source: Source): string[] {
  const isIndex = source.file.endsWith('/src/index.ts')
  const found = isIndex && !source.text.startsWith('/**') ? [`${source.file}: does not open with a doc comment`] : []
  for (const statement of source.parsed?.module.staticExports ?? []) {
    for (const entry of statement.entries) {
      if (!entry.moduleRequest) continue
      if (!isIndex) found.push(`${source.file}: re-exports ${entry.moduleRequest.value}: only src/index.ts may`)
      else if (entry.importName.kind !== 'Name')
        found.push(`${source.file}: exports ${entry.moduleRequest.value} unnamed`)
    }
  }
  return found
}

/** Names that a file exports, types included, sorted. */
export function exportedNames(source: Source): string[] {
  const names = (source.parsed?.module.staticExports ?? []).flatMap((statement) =>
    statement.entries.flatMap((entry) => entry.exportName.name ?? []),
  )
  return [...new Set(names)].sort()
}
