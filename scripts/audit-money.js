/**
 * Recomputes the money from a chain's RPC and the journals alone. Shares no code with the packages, on purpose.
 *
 *     node scripts/audit-money.js --rpc URL --vault ADDRESS [--data FOLDER]... [JOURNAL]...
 *
 * Reads every event of the vault up to the head and the contract's own books at that block, and compares:
 * - for each key, events with books: deposits, withdrawals, what its vouchers paid;
 * - deposits = balances + paid out + withdrawn, and the contract's BTT with the sum of balances;
 * - for each pair, the events' sum with the contract's, and with the newest voucher that a journal accepted.
 *
 * Journals are the `*.jsonl` files given or found below `--data`: one JSON object a line. Of the lines those count whose
 * `type` is "issued", "accepted" (payer, payee, cumulative, seq, totalIssued), "cashed" (payer, payee, cashed) or "setOff"
 * (own, other, sum, lostByOther); amounts are decimal strings in base units. A line cut short at the end of a file is what a crash leaves and is passed over.
 *
 * Prints one JSON object, amounts as decimal strings in base units. `imbalance` is the sum of all differences. Exits 0
 * when it is 0, 1 when it is not, 2 when it could not look. A voucher that its payee accepted and its payer's journal
 * lacks is a warning, not an imbalance: a payer that is killed may lose notes that its reserved mark covers. What two journals
 * set off with each other moves nothing on the chain; where they differ by more than one side says that the other lost, that
 * is a warning, too.
 */

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createPublicClient, getAddress, http, isAddress, parseAbi } from 'viem'

const abi = parseAbi([
  'event Deposited(address indexed key, address indexed from, uint256 amount)',
  'event Withdrawn(address indexed key, address indexed to, uint256 amount)',
  'event Cashed(address indexed payer, address indexed payee, address recipient, uint256 amount, uint256 cashed)',
  'function account(address key) view returns (uint256 deposited, uint256 withdrawn, uint256 paidOut, uint256 balance, uint256 planned, uint256 plannedAt)',
  'function cashed(address payer, address payee) view returns (uint256)',
])
const windowBlocks = 2_000n
const callsAtOnce = 16

try {
  const options = readOptions()
  const result = await auditMoney(options)
  const asText = (_, value) => (typeof value === 'bigint' ? value.toString() : value)
  console.log(JSON.stringify(result, asText, options.json ? undefined : 2))
  process.exitCode = result.imbalance === 0n ? 0 : 1
} catch (thrown) {
  console.error(`audit-money: ${thrown instanceof Error ? thrown.message : thrown}`)
  process.exitCode = 2
}

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      rpc: { type: 'string' },
      vault: { type: 'string' },
      data: { type: 'string', multiple: true, default: [] },
      journal: { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.rpc === undefined || values.vault === undefined || !isAddress(values.vault, { strict: false })) {
    throw new Error('expected --rpc URL --vault ADDRESS, then --data FOLDER or journal files')
  }
  const files = [...positionals, ...values.journal, ...values.data.flatMap(journalsBelow)]
  return { rpc: values.rpc, vault: getAddress(values.vault), files, json: values.json }
}

async function auditMoney({ rpc, vault, files }) {
  const client = createPublicClient({ transport: http(rpc) })
  const head = await client.getBlockNumber()
  const chain = await readEvents(client, vault, head)
  const books = await readBooks(client, vault, head, chain)
  const journals = readJournals(files)
  const differences = [
    ...compareKeys(chain, books),
    ...comparePairs(chain, books, journals.pairs),
    ...compareTotals(books),
  ]
  return {
    block: head,
    vault,
    deposited: sumOf(books.accounts, 'deposited'),
    balances: sumOf(books.accounts, 'balance'),
    paidOut: sumOf(books.accounts, 'paidOut'),
    withdrawn: sumOf(books.accounts, 'withdrawn'),
    /** From outside the vault: without what cashing moved from balance to balance. */
    paidIn: chain.paidIn,
    contractBalance: books.contractBalance,
    journals: { files: files.length, ...journals.totals },
    imbalance: differences.reduce((sum, { amount }) => sum + (amount < 0n ? -amount : amount), 0n),
    differences,
    warnings: [...journals.warnings, ...lostNotes(journals.pairs), ...setOffsApart(journals.setOffs)],
  }
}

async function readEvents(client, vault, head) {
  const keys = new Map()
  const pairs = new Map()
  let paidIn = 0n
  const add = (key, field, amount) => {
    const sums = keys.get(key) ?? { deposited: 0n, withdrawn: 0n, paidOut: 0n }
    keys.set(key, { ...sums, [field]: sums[field] + amount })
  }
  const events = abi.filter((item) => item.type === 'event')
  for (let from = 0n; from <= head; from += windowBlocks) {
    const to = from + windowBlocks - 1n < head ? from + windowBlocks - 1n : head
    for (const { eventName, args } of await client.getLogs({ address: vault, events, fromBlock: from, toBlock: to })) {
      if (eventName === 'Deposited') {
        add(args.key, 'deposited', args.amount)
        if (args.from !== vault) paidIn += args.amount
      } else if (eventName === 'Withdrawn') add(args.key, 'withdrawn', args.amount)
      else if (eventName === 'Cashed') {
        add(args.payer, 'paidOut', args.amount)
        const name = pairName(args.payer, args.payee)
        const before = pairs.get(name) ?? { payer: args.payer, payee: args.payee, amount: 0n, cashed: 0n }
        pairs.set(name, { ...before, amount: before.amount + args.amount, cashed: args.cashed })
      }
    }
  }
  return { keys, pairs, paidIn }
}

async function readBooks(client, vault, blockNumber, { keys, pairs }) {
  const read = (functionName, args) => client.readContract({ address: vault, abi, functionName, args, blockNumber })
  const accounts = await eachOf([...keys.keys()], async (key) => {
    const [deposited, withdrawn, paidOut, balance] = await read('account', [key])
    return [key, { deposited, withdrawn, paidOut, balance }]
  })
  const cashed = await eachOf([...pairs], async ([name, { payer, payee }]) => [
    name,
    await read('cashed', [payer, payee]),
  ])
  const contractBalance = await client.getBalance({ address: vault, blockNumber })
  return { accounts: new Map(accounts), cashed: new Map(cashed), contractBalance }
}

function compareKeys({ keys }, { accounts }) {
  return [...keys].flatMap(([key, sums]) => {
    const account = accounts.get(key)
    const own = account.deposited - account.balance - account.paidOut - account.withdrawn
    return [
      ...difference(`${key}: deposited less balance, paid out and withdrawn`, own),
      ...['deposited', 'withdrawn', 'paidOut'].flatMap((field) =>
        difference(`${key}: ${field} by events less by the contract`, sums[field] - account[field]),
      ),
    ]
  })
}

function comparePairs({ pairs }, { cashed }, journaled) {
  const onChain = [...pairs].flatMap(([name, { amount, cashed: last }]) => [
    ...difference(`${name}: cashed by events less by the contract`, amount - cashed.get(name)),
    ...difference(`${name}: cashed by the last event less by the contract`, last - cashed.get(name)),
  ])
  const inBooks = [...journaled].flatMap(([name, { accepted, cashed: noted }]) => {
    const paid = cashed.get(name) ?? 0n
    return [
      ...(accepted !== undefined && paid > accepted
        ? difference(`${name}: cashed beyond what was accepted`, paid - accepted)
        : []),
      ...(noted !== undefined && noted > paid
        ? difference(`${name}: journaled as cashed but not paid`, noted - paid)
        : []),
    ]
  })
  return [...onChain, ...inBooks]
}

function compareTotals({ accounts, contractBalance }) {
  const short = sumOf(accounts, 'balance') - contractBalance
  // More BTT than balances was forced on the contract by somebody: nobody's, and no promise broken.
  return short > 0n ? difference('the contract lacks what its balances promise', short) : []
}

function readJournals(files) {
  const pairs = new Map()
  const setOffs = new Map()
  const warnings = []
  const totals = { issued: 0n, accepted: 0n, cashed: 0n }
  for (const file of files) {
    const lines = readFileSync(file, 'utf8').split('\n')
    for (const [i, line] of lines.entries()) {
      if (line.trim() === '') continue
      const entry = parseLine(line)
      if (entry === undefined && i < lines.length - 1) warnings.push(`${file}:${i + 1}: no journal line`)
      if (entry !== undefined) note(pairs, entry)
      if (entry?.type === 'setOff') noteSetOff(setOffs, entry)
    }
  }
  for (const pair of pairs.values()) for (const type of Object.keys(totals)) totals[type] += pair[type] ?? 0n
  totals.setOff = [...setOffs.values()].reduce((sum, side) => sum + side.sum, 0n)
  return { pairs, setOffs, warnings, totals }
}

function parseLine(line) {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

/** Keeps the largest sum of each pair and type: lines may repeat. */
function note(pairs, { type, payer, payee, cumulative, cashed }) {
  if (!['issued', 'accepted', 'cashed'].includes(type) || !isAddress(payer ?? '', { strict: false })) return
  const sum = BigInt(type === 'cashed' ? cashed : cumulative)
  const name = pairName(payer, payee)
  const pair = pairs.get(name) ?? {}
  if (pair[type] === undefined || pair[type] < sum) pairs.set(name, { ...pair, [type]: sum })
}

/** The largest sum of each side. */
function noteSetOff(setOffs, { own, other, sum, lostByOther }) {
  const name = pairName(own, other)
  const known = setOffs.get(name)
  if (known === undefined || known.sum < BigInt(sum)) {
    setOffs.set(name, { twin: pairName(other, own), sum: BigInt(sum), lostByOther: BigInt(lostByOther) })
  }
}

function setOffsApart(setOffs) {
  return [...setOffs].flatMap(([name, { twin, sum, lostByOther }]) => {
    const other = setOffs.get(twin)
    if (other === undefined || sum - lostByOther <= other.sum) return []
    return [`${name}: ${sum} set off, the other journal has ${other.sum}`]
  })
}

function lostNotes(pairs) {
  return [...pairs].flatMap(([name, { issued, accepted }]) =>
    issued !== undefined && accepted !== undefined && accepted > issued
      ? [`${name}: accepted ${accepted}, above the ${issued} in the payer's journal`]
      : [],
  )
}

function journalsBelow(folder) {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => path.endsWith('.jsonl') && statSync(path).isFile())
    .sort()
}

function pairName(payer, payee) {
  return `${getAddress(payer.toLowerCase())} to ${getAddress(payee.toLowerCase())}`
}

function difference(what, amount) {
  return amount === 0n ? [] : [{ what, amount }]
}

function sumOf(accounts, field) {
  return [...accounts.values()].reduce((sum, account) => sum + account[field], 0n)
}

/** `read` of each item, a few at once. */
async function eachOf(items, read) {
  const results = []
  for (let i = 0; i < items.length; i += callsAtOnce) {
    results.push(...(await Promise.all(items.slice(i, i + callsAtOnce).map(read))))
  }
  return results
}
