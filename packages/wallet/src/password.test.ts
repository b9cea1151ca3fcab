import { expect, test } from 'vitest'
import { readPassword } from './password.ts'

test('prefers the environment, then asks, else says how to give one', async () => {
  const ask = async (): Promise<string> => 'typed'
  expect(await readPassword({ environment: { MILLRACE_PASSWORD: 'set' }, ask })).toBe('set')
  expect(await readPassword({ environment: {}, ask })).toBe('typed')
  await expect(readPassword({ environment: {} })).rejects.toMatchObject({
    code: 'locked',
    message: /MILLRACE_PASSWORD/,
  })
  await expect(readPassword({ environment: {}, ask: async () => '' })).rejects.toMatchObject({ code: 'locked' })
})
