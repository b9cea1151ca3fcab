#!/usr/bin/env node
// `npm run bench [NAME]...`: runs benches one after the other and writes bench/results/NAME.json beside what it prints.
// `--data FOLDER` keeps the chain of chain-size, which takes minutes to make, and goes on with it the next time.
// `--quick` runs each on a tenth of its bytes, to see that it works: such figures are never written.

import { parseArgs } from 'node:util'
import { chainJoin } from './chain-join.js'
import { chainSize } from './chain-size.js'
import { chainSpeed } from './chain-speed.js'
import { cluster } from './cluster.js'
import { lab } from './lab.js'
import { labValidation } from './lab-validation.js'
import { market } from './market.js'
import { paymentOverhead } from './payment-overhead.js'
import { remoteEngine } from './remote-engine.js'
import { closeBench, openBench, writeResult } from './support.js'
import { throughput } from './throughput.js'

const benches = {
  throughput,
  'payment-overhead': paymentOverhead,
  market,
  lab,
  'lab-validation': labValidation,
  'chain-speed': chainSpeed,
  'chain-size': chainSize,
  'remote-engine': remoteEngine,
  'chain-join': chainJoin,
  cluster,
}

const { values, positionals } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    against: { type: 'string' },
    data: { type: 'string' },
  },
  allowPositionals: true,
})
const names = positionals.length > 0 ? positionals : Object.keys(benches)
const unknown = names.filter((name) => !(name in benches))
if (unknown.length > 0) {
  console.error(`no bench ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}`)
  process.exit(2)
}

for (const name of names) {
  console.log(`\n${name}`)
  const { quick, against, data } = values
  const bench = openBench(name, { quick, rounds: Number(values.rounds), against, data })
  try {
    const result = await benches[name](bench)
    // Skipped: it has said why.
    if (result === undefined) continue
    if (!quick) writeResult(name, result)
    for (const [promise, isKept] of Object.entries(result.promises)) {
      console.log(`  ${isKept ? 'kept  ' : 'BROKEN'} ${promise}`)
      if (!isKept) process.exitCode = 1
    }
  } finally {
    await closeBench(bench)
  }
}
