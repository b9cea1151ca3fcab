/** How dictionaries of extension messages are decoded: bounded, and forgiving where the clients in use are. */

import { ok, type Result, refuse } from '@millrace/base'
import { asDict, type BencodeDict, decodePrefix } from '@millrace/bencode'
import { type WireFault, wireFault } from './fault.ts'

const depthMax = 8
const itemsMax = 4_096

/** The dictionary at the start of an extension payload, and where it ends. */
export function extensionDict(
  payload: Uint8Array,
  name: string,
): Result<{ readonly dict: BencodeDict; readonly end: number }, WireFault> {
  const decoded = decodePrefix(payload, { mode: 'lenient', depthMax, itemsMax })
  if (!decoded.ok) return refuse(wireFault('bad-extension', `${name}: ${decoded.error.message}`))
  const dict = asDict(decoded.value.value)
  if (dict === undefined) return refuse(wireFault('bad-extension', `${name}: expected a dictionary`))
  return ok({ dict, end: decoded.value.end })
}
