import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { cycleFindings, impurityFindings, rankFindings } from './imports.ts'
import { exceptions, ranks } from './ranks.ts'
import { castFindings, doorFindings, sizeFindings } from './shape.ts'
import { isTest, listFiles, measuredSources, root, workspaces } from './sources.ts'

const all = workspaces()
const shipped = all.flatMap((workspace) => workspace.sources)

describe('the workspace', () => {
  it('lists each package in the table of ranks, and lists no other', () => {
    expect(all.map((workspace) => workspace.name).sort()).toEqual(Object.keys(ranks).sort())
  })

  it('builds each package: the root tsconfig refers to all of them', () => {
    const config = readFileSync(path.join(root, 'tsconfig.json'), 'utf8')
    const missing = all.filter((workspace) => !config.includes(`"${workspace.folder}"`))
    expect(missing.map((workspace) => workspace.folder)).toEqual([])
  })

  it('has no exception that is out of date', () => {
    const findings = new Set(everyFinding())
    expect(exceptions.filter((exception) => !findings.has(exception))).toEqual([])
  })
})

describe('docs/dependencies.md', () => {
  it('gives each dependency a row with its version and a reason', () => {
    const page = readText('docs/dependencies.md')
    const missing = dependencies().filter(([name, version]) => !page.includes(`| ${name} | ${version} |`))
    expect(missing).toEqual([])
  })

  it('gives a row to nothing else', () => {
    const names = new Set(dependencies().map(([name]) => name))
    const rows = [...readText('docs/dependencies.md').matchAll(/^\| (\S+) \| \d/gm)].map((row) => row[1] ?? '')
    expect(rows.length).toBeGreaterThan(0)
    expect(rows.filter((name) => !names.has(name))).toEqual([])
  })
})

describe('a package', () => {
  it('imports packages of lower rank only, by their name only', () => {
    expect(tolerate(all.flatMap(rankFindings))).toEqual([])
  })

  it('has no import cycle between its files', () => {
    expect(tolerate(all.flatMap(cycleFindings))).toEqual([])
  })

  it('gets clock, randomness, timers and sockets injected where it must be pure', () => {
    expect(tolerate(all.flatMap(impurityFindings))).toEqual([])
  })

  it('opens its index with its purpose, and has no other barrel', () => {
    expect(tolerate(shipped.flatMap(doorFindings))).toEqual([])
  })

  it('explains each cast', () => {
    expect(tolerate(shipped.flatMap(castFindings))).toEqual([])
  })
})

describe('a file', () => {
  it('stays under the ceilings for files and functions', () => {
    expect(tolerate(measuredSources().flatMap(sizeFindings))).toEqual([])
  })

  it('mentions data outside the repo in tests, scripts and benches only', () => {
    const outside = '../' + 'shared'
    const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'SECURITY.md', ...listFiles('docs')]
    const files = [
      ...documents,
      ...listFiles('packages'),
      ...listFiles('apps'),
      ...listFiles('examples'),
      ...listFiles('bin'),
    ]
    const mentions = files.filter((file) => !isTest(file) && readText(file).includes(outside))
    expect(mentions).toEqual([])
  })
})

function everyFinding(): string[] {
  return [
    ...all.flatMap((workspace) => [
      ...rankFindings(workspace),
      ...cycleFindings(workspace),
      ...impurityFindings(workspace),
    ]),
    ...shipped.flatMap((source) => [...doorFindings(source), ...castFindings(source)]),
    ...measuredSources().flatMap(sizeFindings),
  ]
}

function dependencies(): [string, string][] {
  const manifests = ['package.json', ...all.map((workspace) => `${workspace.folder}/package.json`)]
  return manifests.flatMap((file) => {
    // npm's own format.
    const manifest = JSON.parse(readText(file)) as Record<string, Record<string, string> | undefined>
    const listed = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
    return Object.entries(listed).filter(([name]) => !name.startsWith('@millrace/'))
  })
}

function tolerate(findings: readonly string[]): string[] {
  return findings.filter((finding) => !exceptions.includes(finding))
}

function readText(file: string): string {
  try {
    return readFileSync(path.join(root, file), 'utf8')
  } catch {
    return ''
  }
}
