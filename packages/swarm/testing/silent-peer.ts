/** A peer for tests: its socket takes what it is given, its events lead nowhere. */

import { type Clock, virtualClock } from '@millrace/base'
import { Peer, type PeerEvents } from '../src/peer.ts'
import type { Connection } from '../src/ports.ts'

/** A socket that takes everything at once; `onWrite` hears how much. */
export function takingConnection(onWrite: (bytes: number) => void = () => {}): Connection {
  return {
    remote: { host: '192.0.2.7', port: 6881 },
    queuedBytes: 0,
    write: (bytes) => onWrite(bytes.length),
    cork() {},
    uncork() {},
    pause() {},
    resume() {},
    close() {},
  }
}

const silent: PeerEvents = {
  onMessage() {},
  onHave() {},
  onRequest() {},
  onCancel() {},
  onReject() {},
  onBlockStart: () => undefined,
  onBlockEnd() {},
  onBatchEnd() {},
  onDrain() {},
  onClose() {},
}

export function silentPeer(connection: Connection = takingConnection(), clock: Clock = virtualClock()): Peer {
  const identity = { id: 1, peerId: new Uint8Array(20), connection, isOutgoing: false }
  return new Peer({ ...identity, speaksFast: true, speaksExtended: true }, silent, clock)
}
