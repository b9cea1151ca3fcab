/** Metadata from peers (BEP 9): the info dictionary in pieces of 16 KiB. */

import { ok, type Result, refuse } from '@millrace/base'
import { dictInt, encode } from '@millrace/bencode'
import { extensionDict } from './extension-dict.ts'
import { type WireFault, wireFault } from './fault.ts'
import { metadataBytesMax, metadataPieceBytes } from './limits.ts'

export type MetadataMessage =
  | { readonly type: 'request'; readonly piece: number }
  /** `bytes` is a view of the payload when decoded; `totalSize` is the whole dictionary's, in bytes. */
  | { readonly type: 'data'; readonly piece: number; readonly totalSize: number; readonly bytes: Uint8Array }
  | { readonly type: 'reject'; readonly piece: number }
  /** BEP 9: to be ignored. */
  | { readonly type: 'unknown'; readonly msgType: number; readonly piece: number }

const msgTypes = { request: 0, data: 1, reject: 2 } as const

/**
 * @example
 * encodeMetadataMessage({ type: 'request', piece: 0 }) // d8:msg_typei0e5:piecei0ee
 */
export function encodeMetadataMessage(message: MetadataMessage): Uint8Array {
  switch (message.type) {
    case 'request':
    case 'reject':
      return encode({ msg_type: msgTypes[message.type], piece: message.piece })
    case 'unknown':
      return encode({ msg_type: message.msgType, piece: message.piece })
    case 'data': {
      const head = encode({ msg_type: msgTypes.data, piece: message.piece, total_size: message.totalSize })
      const whole = new Uint8Array(head.length + message.bytes.length)
      whole.set(head)
      whole.set(message.bytes, head.length)
      return whole
    }
  }
}

export function decodeMetadataMessage(payload: Uint8Array): Result<MetadataMessage, WireFault> {
  const decoded = extensionDict(payload, 'ut_metadata')
  if (!decoded.ok) return decoded
  const { dict, end } = decoded.value
  const msgType = dictInt(dict, 'msg_type', { min: 0 })
  const piece = dictInt(dict, 'piece', { min: 0, max: Math.ceil(metadataBytesMax / metadataPieceBytes) })
  if (msgType === undefined || piece === undefined) {
    return refuse(wireFault('bad-extension', 'ut_metadata: expected msg_type and a piece index (BEP 9)'))
  }
  if (msgType === msgTypes.request) return ok({ type: 'request', piece })
  if (msgType === msgTypes.reject) return ok({ type: 'reject', piece })
  if (msgType !== msgTypes.data) return ok({ type: 'unknown', msgType, piece })
  const totalSize = dictInt(dict, 'total_size', { min: 1, max: metadataBytesMax })
  const bytes = payload.subarray(end)
  if (totalSize === undefined || bytes.length === 0 || bytes.length !== metadataPieceSize(totalSize, piece)) {
    return refuse(
      wireFault('bad-extension', `ut_metadata: piece ${piece} of ${bytes.length} bytes does not fit its size`),
    )
  }
  return ok({ type: 'data', piece, totalSize, bytes })
}

/** Bytes of one metadata piece; 0 for an index past the end. */
export function metadataPieceSize(totalSize: number, piece: number): number {
  return Math.max(0, Math.min(metadataPieceBytes, totalSize - piece * metadataPieceBytes))
}
