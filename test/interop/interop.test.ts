/** Real clients, both directions, byte for byte. Each line `interop: ...` names versions and bytes. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeFolder, temporaryFolder } from '../support/content.ts'
import { canMakeNamespaces, makeNamespaces, oneHost, type Places } from '../support/network.ts'
import { canUse, canUseData, hasConformanceData } from '../support/skips.ts'
import { aria2 } from './aria2.ts'
import { libtorrent } from './libtorrent.ts'
import { ours } from './ours.ts'
import { makePayload, type Payload, payloadNames } from './payloads.ts'
import { transfer } from './transfer.ts'
import { transmission } from './transmission.ts'

const testMillisecondsMax = 200_000
const folder = temporaryFolder('interop')
const payloads = new Map<string, Payload>()

canUseData('the conformance torrents', hasConformanceData, 'own payloads are transferred instead')

beforeAll(() => {
  for (const name of payloadNames) payloads.set(name, makePayload(name, folder))
})

afterAll(() => removeFolder(folder))

describe.each([libtorrent, transmission, aria2])('$name', (peer) => {
  const isThere =
    canUse(peer.name, peer.version !== undefined, peer.remedy) &&
    (!peer.refusesLoopback ||
      canUse('network namespaces', canMakeNamespaces(), `run as root with iproute2, for ${peer.name}`))
  let places: Places = oneHost

  beforeAll(() => {
    if (isThere && peer.refusesLoopback) places = makeNamespaces()
  })
  afterAll(() => places.remove())

  it.skipIf(!isThere).each(payloadNames)(
    'sends %s to us',
    async (name) => {
      const [seederPlace, leecherPlace] = [places.theirs, places.ours]
      await transfer({ seeder: peer, leecher: ours, seederPlace, leecherPlace, payload: payload(name), folder })
    },
    testMillisecondsMax,
  )

  it.skipIf(!isThere).each(payloadNames)(
    'gets %s from us',
    async (name) => {
      const [seederPlace, leecherPlace] = [places.ours, places.theirs]
      await transfer({ seeder: ours, leecher: peer, seederPlace, leecherPlace, payload: payload(name), folder })
    },
    testMillisecondsMax,
  )
})

function payload(name: string): Payload {
  const found = payloads.get(name)
  expect(found).toBeDefined()
  if (found === undefined) throw new Error(`no payload ${name}`)
  return found
}
