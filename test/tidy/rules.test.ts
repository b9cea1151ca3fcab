import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'
import { cycleFindings, impurityFindings, rankFindings } from './imports.ts'
import { castFindings, doorFindings, exportedNames, sizeFindings } from './shape.ts'
import type { Source, Workspace } from './sources.ts'

describe('the tidy rules find', () => {
  it('upward, sideways, deep and escaping imports', () => {
    const source = made(
      'packages/wire/src/a.ts',
      `import { x } from '@millrace/swarm'
       export type { y } from '@millrace/metainfo'
       import z from '@millrace/base/dist/bytes.js'
       import { ok } from '@millrace/base'
       import '../../net/src/tcp.ts'`,
    )
    expect(rankFindings(workspace('@millrace/wire', source))).toEqual([
      'packages/wire/src/a.ts: rank 2 imports @millrace/swarm of rank 5',
      'packages/wire/src/a.ts: deep import of @millrace/base/dist/bytes.js',
      'packages/wire/src/a.ts: relative import ../../net/src/tcp.ts leaves the package',
      'packages/wire/src/a.ts: rank 2 imports @millrace/metainfo of rank 2',
    ])
  })

  it('cycles', () => {
    const a = made('packages/wire/src/a.ts', `import { b } from './b.ts'`)
    const b = made('packages/wire/src/b.ts', `import { c } from './c.ts'`)
    const c = made('packages/wire/src/c.ts', `export const f = () => import('./a.ts')`)
    expect(cycleFindings(workspace('@millrace/wire', a, b, c))).toEqual([
      'import cycle: packages/wire/src/a.ts -> packages/wire/src/b.ts -> packages/wire/src/c.ts',
    ])
  })

  it('clocks, dice, timers and sockets in pure packages', () => {
    const text = `import net from 'node:net'
      export const f = () => [Date.now(), Math.random(), setTimeout(f, 1), new Date(), new Date(5), performance.now()]`
    const file = 'packages/market/src/a.ts'
    expect(impurityFindings(workspace('@millrace/market', made(file, text)))).toEqual([
      `${file}: imports node:net`,
      `${file}:2: uses Date.now`,
      `${file}:2: uses Math.random`,
      `${file}:2: uses setTimeout`,
      `${file}:2: uses new Date()`,
      `${file}:2: uses performance.now`,
    ])
    expect(impurityFindings(workspace('@millrace/net', made('packages/net/src/a.ts', text)))).toEqual([])
  })

  it('long files and long functions, but not long groups of tests', () => {
    const body = '\n'.repeat(80)
    expect(sizeFindings(made('a.ts', `function f() {${body}}`))).toEqual(['a.ts:1: a function of 81 lines'])
    expect(sizeFindings(made('a.ts', `describe.each([1])('x', () => {${body}})`))).toEqual([])
    expect(sizeFindings(made('a.ts', '\n'.repeat(401)))).toEqual(['a.ts: 401 lines'])
  })

  it('casts without a reason', () => {
    const silent = made('a.ts', `const a = 1\nconst b = a as unknown\nconst c = [1] as const`)
    expect(castFindings(silent)).toEqual(['a.ts:2: an `as` without a comment that says why it holds'])
    expect(castFindings(made('a.ts', `// anything is unknown\nconst b = 1 as unknown`))).toEqual([])
  })

  it('barrels and doors without a sign', () => {
    expect(doorFindings(made('packages/x/src/index.ts', `export * from './a.ts'`))).toEqual([
      'packages/x/src/index.ts: does not open with a doc comment',
      'packages/x/src/index.ts: exports ./a.ts unnamed',
    ])
    expect(doorFindings(made('packages/x/src/b.ts', `export { a } from './a.ts'`))).toEqual([
      'packages/x/src/b.ts: re-exports ./a.ts: only src/index.ts may',
    ])
  })

  it('the names a file exports', () => {
    expect(exportedNames(made('a.ts', `export { b, type C } from './b.ts'\nexport const a = 1`))).toEqual([
      'C',
      'a',
      'b',
    ])
  })
})

function made(file: string, text: string): Source {
  return { file, text, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), parsed: parseSync(file, text) }
}

function workspace(name: string, ...sources: Source[]): Workspace {
  return { name, folder: sources[0]?.file.split('/').slice(0, 2).join('/') ?? '', sources }
}
