/**
 * Bencoding (BEP 3): strict by default, lenient with warnings where files in the wild need it, and raw slices so that a
 * hash covers the bytes that were received and never a re-encoding of them.
 *
 *     i-3e            -> -3n                     an integer is always a bigint
 *     4:spam          -> Uint8Array "spam"       a view of the input, not a copy
 *     l4:spami7ee     -> [ "spam", 7n ]
 *     d3:cow3:mooe    -> Map { "cow" => "moo" }  keys are latin1 text: one character a byte
 */

export { asBytes, asDict, asInt, asList, dictBytes, dictDict, dictInt, dictList, dictText } from './access.ts'
export { type Decoded, type DecodeOptions, decode, decodePrefix } from './decode.ts'
export { type Encodable, encode } from './encode.ts'
export type { BencodeDict, BencodeError, BencodeErrorCode, BencodeValue } from './value.ts'
