/** What bencoded bytes stand for once decoded, and how a decoder refuses. */

export type BencodeValue = bigint | Uint8Array | readonly BencodeValue[] | BencodeDict

/** Keys are latin1 text, one character a byte, in the order of the input. */
export type BencodeDict = ReadonlyMap<string, BencodeValue>

export type BencodeErrorCode =
  | 'truncated'
  | 'unexpected-byte'
  | 'bad-integer'
  | 'bad-length'
  | 'unsorted-keys'
  | 'duplicate-key'
  | 'trailing-bytes'
  | 'too-deep'
  | 'too-many-items'
  | 'too-long'

export type BencodeError = {
  readonly kind: 'bencode'
  readonly code: BencodeErrorCode
  /** Byte offset in the input at which decoding stopped. */
  readonly offset: number
  readonly message: string
}
