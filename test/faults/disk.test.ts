/** A disk that cannot take the torrent: a clear end before the first byte, and nothing of the user's is lost. */

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { removeFolder, temporaryFolder } from '../support/content.ts'
import { stopAll } from '../support/processes.ts'
import { canUse } from '../support/skips.ts'
import { TestSwarm } from '../support/swarm.ts'

const bytes = 4 << 20
const swarm = new TestSwarm('disk', { bytes, pieceLength: 1 << 16, seed: 9 })
const smallDisk = temporaryFolder('small-disk')
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', smallDisk]).status === 0
const canMount = canUse('a small disk', mounted, 'run as root, which may mount a tmpfs')

afterAll(async () => {
  await swarm.close()
  if (mounted) spawnSync('umount', [smallDisk])
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
