/** A disk that cannot take the torrent: a clear end before the first byte, and nothing of the user's is lost. */

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest'
import { firstDifference, removeFolder, temporaryFolder } from '../support/content.ts'
import { untilBytes } from '../support/millrace.ts'
import { eventually, stopAll } from '../support/processes.ts'
import { canUse } from '../support/skips.ts'
import { fillDisk, mountDisk, unmountDisk } from '../support/small-disk.ts'
import { TestSwarm } from '../support/swarm.ts'

const bytes = 4 << 20
const swarm = new TestSwarm('disk', { bytes, pieceLength: 1 << 16, seed: 9 })
const smallDisk = temporaryFolder('small-disk')
const mounted = mountDisk(smallDisk, '1m')
const canMount = canUse('a small disk', mounted, 'run as root, which may mount a tmpfs')

afterAll(async () => {
  await swarm.close()
  if (mounted) unmountDisk(smallDisk)
  removeFolder(smallDisk)
})

it.skipIf(!canMount)('says that a disk is too small before it asks for the first byte', async () => {
  const seeder = await swarm.seed('seeder')
  const getting = swarm.start('full', ['get', swarm.torrent, '--out', smallDisk, '--peer', seeder.address, '--json'])
  expect((await getting.end(30_000)).code, getting.printed).toBe(9)
  expect(getting.err.join('\n')).toMatch(/space/i)
  expect(existsSync(path.join(smallDisk, path.basename(swarm.content)))).toBe(false)
  await stopAll()
})

it('does not overwrite a file that is larger than the torrent says', async () => {
  const seeder = await swarm.seed('seeder')
  const out = swarm.out('taken')
  mkdirSync(out, { recursive: true })
  const file = path.join(out, path.basename(swarm.content))
  const mine = Buffer.alloc(bytes + 1, 0x6d)
  writeFileSync(file, mine)
  const getting = await swarm.get('taken', [seeder.address], ['--json'])
  expect((await getting.end(30_000)).code, getting.printed).toBe(9)
  expect(readFileSync(file).equals(mine)).toBe(true)
  await stopAll()
})

describe.skipIf(!canMount)('a disk that fills up while a torrent is downloaded', () => {
  const disk = temporaryFolder('filling-disk')
  const filler = path.join(disk, 'filler')
  const slow = ['--upload-limit', String(1 << 20)]
  const full = /the disk is full/

  beforeEach(() => {
    expect(mountDisk(disk, '6m')).toBe(true)
  })

  afterEach(async () => {
    await stopAll()
    unmountDisk(disk)
  })

  afterAll(() => removeFolder(disk))

  it('stops it until there is space again, and every byte is right', { timeout: 90_000 }, async () => {
    const seeder = await swarm.seed('seeder', slow)
    const args = ['get', swarm.torrent, '--out', disk, '--peer', seeder.address, '--jsonl', '--wait-disk']
    const getting = swarm.start('waiting', args)
    await untilBytes(getting, bytes / 4)
    fillDisk(filler)
    await eventually('the trouble is told', 30_000, () => getting.err.some((line) => full.test(line)))
    expect(getting.isOver, getting.printed).toBe(false)
    rmSync(filler)
    expect((await getting.end(60_000)).code, getting.printed).toBe(0)
    expect(getting.err.filter((line) => full.test(line))).toHaveLength(1)
    expect(getting.err.join('\n')).toContain('the disk works again')
    expect(firstDifference(swarm.content, path.join(disk, path.basename(swarm.content)))).toBeUndefined()
  })

  it('ends it with the reason when nothing was said of waiting; the same command goes on', {
    timeout: 90_000,
  }, async () => {
    const seeder = await swarm.seed('seeder', slow)
    const args = ['get', swarm.torrent, '--out', disk, '--peer', seeder.address, '--jsonl']
    const first = swarm.start('ending', args)
    await untilBytes(first, bytes / 4)
    fillDisk(filler)
    expect((await first.end(30_000)).code, first.printed).toBe(9)
    expect(first.err.join('\n')).toMatch(full)
    rmSync(filler)
    const second = swarm.start('ending', args)
    expect((await second.end(60_000)).code, second.printed).toBe(0)
    expect(firstDifference(swarm.content, path.join(disk, path.basename(swarm.content)))).toBeUndefined()
  })
})

it('lets a seeder wait for content that was cut and serve it when it is back', { timeout: 90_000 }, async () => {
  const seeder = await swarm.seed('seeder')
  const printed = (text: RegExp): boolean => seeder.running.err.some((line) => text.test(line))
  await eventually('its content was checked', 20_000, () => printed(/^seeding /))
  const mine = readFileSync(swarm.content)
  writeFileSync(swarm.content, '')
  const getting = await swarm.get('patient', [seeder.address], ['--json'])
  await eventually('the trouble is told', 20_000, () => printed(/^warning: /))
  writeFileSync(swarm.content, mine)
  expect((await getting.end(60_000)).code, getting.printed).toBe(0)
  expect(swarm.difference('patient')).toBeUndefined()
  expect(seeder.running.isOver).toBe(false)
  expect(printed(/the disk works again/)).toBe(true)
  await stopAll()
})
