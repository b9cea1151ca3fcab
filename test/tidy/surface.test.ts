/** Pins what each package offers. A wanted change: UPDATE_SURFACE=1 npx vitest run test/tidy, then read the diff. */

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { exportedNames } from './shape.ts'
import { readSource, root, workspaces } from './sources.ts'

const snapshot = path.join(root, 'test/tidy/surface.json')

it('each package exports what surface.json says', () => {
  const surface = Object.fromEntries(
    workspaces()
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((workspace) => [workspace.name, exportedNames(readSource(`${workspace.folder}/src/index.ts`))]),
  )
  if (process.env.UPDATE_SURFACE === '1') writeFileSync(snapshot, `${JSON.stringify(surface, null, 2)}\n`)
  expect(surface).toEqual(JSON.parse(readFileSync(snapshot, 'utf8')))
})
