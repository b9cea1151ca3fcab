/**
 * What makes long runs on the library's EVM twice as fast and changes nothing that it does: it analyses the jumps of a
 * contract at each call, and looks for the number of a rule in a list at each instruction.
 */

import type { Common } from '@ethereumjs/common'
import { createVM } from '@ethereumjs/vm'

/** Rules by number in a table. The hardfork of `common` must not change any more. */
export function tabulateRules(common: Common): void {
  const known = new Map<number, boolean>()
  const search = common.isActivatedEIP.bind(common)
  common.isActivatedEIP = (eip) => {
    let isActive = known.get(eip)
    if (isActive === undefined) {
      isActive = search(eip)
      known.set(eip, isActive)
    }
    return isActive
  }
}

type Analyse = (this: unknown, code: Uint8Array) => unknown

const analysisName = '_getValidJumpDestinations'
let isAnalysedOnce = false

/** Has every EVM of this process analyse a code once: the cache of codes gives the same bytes at each call. */
export async function analyseOnce(common: Common): Promise<void> {
  if (isAnalysedOnce) return
  isAnalysedOnce = true
  const prototype = await interpreterPrototype(common)
  const analyse: unknown = Reflect.get(prototype, analysisName)
  if (typeof analyse !== 'function') throw new Error(`the EVM has no ${analysisName} any more: see evm-speed.ts`)
  const known = new WeakMap<Uint8Array, unknown>()
  const once: Analyse = function (code) {
    let analysis = known.get(code)
    if (analysis === undefined) {
      analysis = Reflect.apply(analyse, this, [code])
      known.set(code, analysis)
    }
    return analysis
  }
  Reflect.set(prototype, analysisName, once)
}

/** The library exports no interpreter, but shows it to an instruction of one's own. */
async function interpreterPrototype(common: Common): Promise<object> {
  let prototype: object | undefined
  const own = {
    opcode: 0x0c,
    opcodeName: 'SHOW',
    baseFee: 0,
    logicFunction: ({ interpreter }: { readonly interpreter: object }) => {
      prototype = Object.getPrototypeOf(interpreter)
    },
  }
  const { evm } = await createVM({ common, evmOpts: { customOpcodes: [own] } })
  await evm.runCode({ code: Uint8Array.of(own.opcode), gasLimit: 100n })
  if (prototype === undefined) throw new Error('the EVM did not run an instruction of its own')
  return prototype
}
