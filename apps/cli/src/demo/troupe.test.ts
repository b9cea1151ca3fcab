import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { parseEvent } from './events.ts'
import { Troupe } from './troupe.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-troupe-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function script(name: string, text: string): string {
  const path = join(folder, `${name}.mjs`)
  writeFileSync(path, text)
  return path
}

const patient = `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1e6)
console.log(JSON.stringify({ event: 'ready', pid: process.pid }))`

describe('the processes of the demo', () => {
  it('fails with what a process said when it ends as it should not', async () => {
    const troupe = new Troupe()
    troupe.run({ name: 'seeder', args: [], script: script('bad', `console.error('no such port'); process.exit(3)`) })
    await expect(troupe.failed).rejects.toThrow(/^seeder ended with 3; it said:\n {2}no such port$/)
    await troupe.close()
  })

  it('fails when a process that should stay ends in order', async () => {
    const troupe = new Troupe()
    troupe.start({ name: 'chain', args: [], script: script('short', '') })
    await expect(troupe.failed).rejects.toThrow('chain ended with 0')
    await troupe.close()
  })

  it('leaves none behind and starts no more once it is closed', async () => {
    const troupe = new Troupe()
    const options = { name: 'tracker', args: [], script: script('patient', patient) }
    const child = troupe.start<{ readonly event: 'ready'; readonly pid: number }>(options)
    const { pid } = await child.next('ready')
    await troupe.close()
    expect(child.hasEnded).toBe(true)
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    expect(() => troupe.start(options)).toThrow('the demo has ended')
  })
})

describe('an event', () => {
  it('is a JSON object with its kind, and nothing else is', () => {
    expect(parseEvent('{"event":"ready","rpc":"x"}')).toEqual({ event: 'ready', rpc: 'x' })
    for (const line of ['', 'seeding', '{"event":1}', '{"event":"re', '[]', 'null'])
      expect(parseEvent(line)).toBeUndefined()
  })
})
