/** Figures that the pages quote can be traced: each result names when and on what it was measured, in this history. */

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { root } from './sources.ts'

const folder = path.join(root, 'bench/results')
const results = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, ...JSON.parse(readFileSync(path.join(folder, name), 'utf8')) }))

const git = (...args: string[]) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' })
/** Without the whole history, as in an unpacked archive or a shallow clone, nobody can tell. */
const hasHistory = git('rev-parse', '--is-shallow-repository').stdout?.trim() === 'false'

it('says of each result what was measured, when, and on what machine', () => {
  expect(results.length).toBeGreaterThan(10)
  for (const { name, bench, date, machine } of results) {
    expect(`${bench}.json`).toBe(name)
    expect(Date.parse(date), name).toBeLessThanOrEqual(Date.now())
    expect(machine, name).toMatchObject({ cores: expect.any(Number), node: expect.stringMatching(/^v\d/) })
  }
})

it.skipIf(!hasHistory)('names a commit of this history with each result', () => {
  const unknown = results.filter(({ commit }) => git('merge-base', '--is-ancestor', commit, 'HEAD').status !== 0)
  expect(unknown.map(({ name, commit }) => `${name} names ${commit}`)).toEqual([])
})
