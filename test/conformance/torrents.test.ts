/** .torrent files of other projects' tests, good and hostile, against what libtorrent 2.0.8 says of each. */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { toHex } from '@millrace/base'
import { type InspectJson, parseTorrent, toInspectJson } from '@millrace/metainfo'
import { describe, expect, it } from 'vitest'

type Accepted = Extract<InspectJson, { accepted: true }>
type Expected =
  | (Accepted & { readonly filesTruncatedTo?: number })
  | { readonly accepted: false; readonly reason: string }

/** Where this client answers otherwise on purpose: the file, what it says, and why. */
const differences: ReadonlyMap<string, { readonly accepted: boolean; readonly why: string }> = new Map([])

const folder = fileURLToPath(new URL('../../../shared/conformance/torrents/', import.meta.url))
const present = existsSync(join(folder, 'expected.json'))
if (!present) console.log('skipped: torrent conformance, because ../shared/conformance/torrents is not there')

describe.skipIf(!present)('torrents of other projects', () => {
  const cases = present ? readExpected() : []

  it('has an expectation for every file', () => {
    const files = readdirSync(folder).filter((name) => name.endsWith('.torrent'))
    expect(files.sort()).toEqual(cases.map(([name]) => name).sort())
  })

  it.each(cases.filter(([, expected]) => isV1(expected)))('%s is read as libtorrent reads it', (name, expected) => {
    const found = toInspectJson(parseTorrent(read(name)))
    const difference = differences.get(name)
    if (difference !== undefined) expect(found.accepted, difference.why).toBe(difference.accepted)
    else if (!expected.accepted) expect(found).toMatchObject({ accepted: false, reason: expect.stringMatching(/./) })
    else {
      const { filesTruncatedTo, ...whole } = expected
      const files = found.accepted ? found.files.slice(0, filesTruncatedTo) : []
      expect({ ...found, files }).toEqual(whole)
    }
  })

  it.each(cases.filter(([, expected]) => !isV1(expected)))('%s is recognised and refused for now', (name, expected) => {
    const parsed = parseTorrent(read(name))
    const { infoHashV1 = null, infoHashV2 = null } = expected.accepted ? expected : {}
    const recognised = parsed.ok ? undefined : parsed.error.recognised
    expect(parsed).toMatchObject({ ok: false, error: { code: 'v2-not-yet' } })
    expect(toInspectJson(parsed)).toMatchObject({
      accepted: false,
      reason: expect.stringContaining('not supported yet'),
    })
    expect(recognised && toHex(recognised.infoHashV2)).toBe(infoHashV2)
    expect(recognised?.infoHash === undefined ? null : toHex(recognised.infoHash)).toBe(infoHashV1)
  })
})

function isV1(expected: Expected): boolean {
  return !expected.accepted || expected.infoHashV2 === null
}

function readExpected(): [string, Expected][] {
  // the file's shape is checked by the comparison of each case
  const file = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as { torrents: Record<string, Expected> }
  return Object.entries(file.torrents)
}

function read(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(folder, name)))
}
