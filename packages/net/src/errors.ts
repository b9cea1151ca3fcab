/** What the network does to us. */

import { MillraceError } from '@millrace/base'

export type NetErrorCode =
  /** Opening a stream failed or took too long. */
  | 'connect-failed'
  | 'connect-timeout'
  /** A limit of this client is reached: try again when a connection has closed. */
  | 'connections-max'
  | 'half-open-max'
  /** An open stream broke. */
  | 'connection-lost'
  | 'listen-failed'
  /** A tracker could not be asked, or answered with what is no HTTP reply of use. */
  | 'http-failed'
  | 'http-timeout'
  | 'http-status'
  | 'http-too-long'
  | 'http-redirects'
  /** stop() ended a request under way. */
  | 'http-aborted'

export class NetError extends MillraceError<NetErrorCode> {
  override readonly name = 'NetError'
}
