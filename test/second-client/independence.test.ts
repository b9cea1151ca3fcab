/** The second client proves something only as long as it is one: it knows the page and nothing of ours. */

import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const folder = new URL('./', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))

it('imports Node, viem and its own files only', () => {
  const imports = files.flatMap((file) => {
    const text = readFileSync(new URL(file, folder), 'utf8')
    return [...text.matchAll(/(?:\bfrom|\bimport\(?)\s*['"]([^'"]+)['"]/g)].map(([, name = '']) => ({ file, name }))
  })
  const isAllowed = (name: string): boolean => /^(node:|viem$|viem\/accounts$|vitest$|\.\/[a-z-]+\.ts$)/.test(name)
  expect(imports.length).toBeGreaterThan(20)
  expect(imports.filter(({ name }) => !isAllowed(name))).toEqual([])
})
