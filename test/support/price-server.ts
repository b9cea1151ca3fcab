/** A page with a price, as exchanges have them, that can be told to misbehave. */

import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type PageState =
  /** `{"btt":{"usd":"..."}}`; with an age it says when it changed last. */
  | { readonly kind: 'price'; readonly price: string; readonly ageSeconds?: number }
  /** This text, whatever it is. */
  | { readonly kind: 'body'; readonly body: string }
  | { readonly kind: 'status'; readonly status: number }
  /** Takes the question and says nothing. */
  | { readonly kind: 'silent' }

export class PriceServer {
  state: PageState = { kind: 'status', status: 503 }
  /** Said to the next question, one each; then `state` again. */
  readonly once: PageState[] = []
  #server: Server | undefined
  #port = 0

  /** The address of the number in the page; it stays the same over `stop` and `start`. */
  get feed(): string {
    return `http://127.0.0.1:${this.#port}/prices?of=btt#/btt/usd`
  }

  async start(): Promise<this> {
    const server = createServer((_, response) => this.#answer(response))
    server.listen(this.#port, '127.0.0.1')
    await once(server, 'listening')
    this.#port = (server.address() as AddressInfo).port // a TCP server has one
    this.#server = server
    return this
  }

  /** Refuses connections from then on. */
  async stop(): Promise<void> {
    const server = this.#server
    if (server === undefined) return
    this.#server = undefined
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }

  #answer(response: ServerResponse): void {
    const state = this.once.shift() ?? this.state
    if (state.kind === 'silent') return
    if (state.kind === 'status') {
      response.writeHead(state.status)
      response.end('{}')
      return
    }
    if (state.kind === 'price' && state.ageSeconds !== undefined) {
      const now = Date.now()
      response.setHeader('date', new Date(now).toUTCString())
      response.setHeader('last-modified', new Date(now - state.ageSeconds * 1000).toUTCString())
    }
    response.setHeader('content-type', 'application/json')
    response.end(state.kind === 'body' ? state.body : JSON.stringify({ btt: { usd: state.price } }))
  }
}
