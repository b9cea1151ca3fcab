import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHttpFeed } from './http-feed.ts'
import { FeedError } from './ports.ts'
import { priceDocumentBytesMax } from './price-document.ts'

const wallMs = Date.parse('Fri, 01 Jan 2027 00:10:00 GMT')
let answer: (response: ServerResponse) => void
const server = createServer((_, response) => answer(response))
let host = ''

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  host = `http://127.0.0.1:${(server.address() as AddressInfo).port}` // a TCP server has one
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const read = (path = '/#/usd', signal = new AbortController().signal) =>
  createHttpFeed(`${host}${path}`, () => wallMs).read(signal)

describe('a feed over HTTP', () => {
  it('takes numbers and strings, and pointers with escapes', async () => {
    answer = (response) => response.end('{"a b":{"x/y":0.00000120000000000000000001}}')
    expect((await read('/#/a%20b/x~1y')).rate).toBe(120000000000000000001n * 10n ** 10n)
  })

  it.each([
    ['another status', (response: ServerResponse) => response.writeHead(404).end('{"usd":1}')],
    ['a page for people', (response: ServerResponse) => response.end('<html>1</html>')],
    ['nothing at the pointer', (response: ServerResponse) => response.end('{"eur":1}')],
    ['a price of 0', (response: ServerResponse) => response.end('{"usd":0.0}')],
    ['a price below 0', (response: ServerResponse) => response.end('{"usd":-1}')],
    ['more than fits', (response: ServerResponse) => response.end(`{"usd":1${' '.repeat(priceDocumentBytesMax)}}`)],
    ['an endless reply', (response: ServerResponse) => pour(response)],
    ['a circle of redirects', (response: ServerResponse) => response.writeHead(302, { location: '/' }).end()],
  ])('refuses %s', async (_, reply) => {
    answer = reply
    await expect(read()).rejects.toMatchObject({ name: 'FeedError', code: 'bad-reply' })
  })

  it('says that a server which breaks off is unreachable', async () => {
    answer = (response) => response.destroy()
    await expect(read()).rejects.toMatchObject({ name: 'FeedError', code: 'unreachable' })
  })

  it('ends when it is broken off while the server says nothing', async () => {
    const asked = new AbortController()
    answer = () => asked.abort()
    await expect(read('/#/usd', asked.signal)).rejects.toMatchObject({ name: 'FeedError', code: 'unreachable' })
  })

  it.each([
    ['nothing', {}, 0],
    ['its change', { date: 'Fri, 01 Jan 2027 00:00:30 GMT', 'last-modified': 'Fri, 01 Jan 2027 00:00:00 GMT' }, 30_000],
    ['its time in a cache', { age: '40' }, 40_000],
    [
      'both',
      { age: '40', date: 'Fri, 01 Jan 2027 00:00:30 GMT', 'last-modified': 'Fri, 01 Jan 2027 00:00:00 GMT' },
      70_000,
    ],
    [
      'a change in the future',
      { date: 'Fri, 01 Jan 2027 00:00:00 GMT', 'last-modified': 'Fri, 01 Jan 2027 00:00:30 GMT' },
      0,
    ],
    ['nonsense', { date: 'x', 'last-modified': 'yesterday', age: '-5' }, 0],
  ])('is as old as the reply says: %s', async (_, headers, ageMs) => {
    answer = (response) => {
      response.sendDate = false
      response.writeHead(200, headers).end('{"usd":1}')
    }
    expect((await read()).ageMs).toBe(ageMs)
  })

  it('measures a change by its own clock where the server names no time', async () => {
    answer = (response) => {
      response.sendDate = false
      response.writeHead(200, { 'last-modified': 'Fri, 01 Jan 2027 00:00:00 GMT' }).end('{"usd":1}')
    }
    expect((await read()).ageMs).toBe(600_000)
  })

  it.each(['ftp://host/#/usd', 'host#/usd', 'http://host/#usd', 'http://host/#/a~2'])(
    'refuses the address %s',
    (address) => {
      expect(() => createHttpFeed(address, () => wallMs)).toThrow(FeedError)
    },
  )
})

/** Sends without an end for as long as the other side takes it. */
function pour(response: ServerResponse): void {
  const chunk = ' '.repeat(65_536)
  const more = (): void => {
    while (!response.destroyed && response.write(chunk));
  }
  response.on('drain', more)
  more()
}
