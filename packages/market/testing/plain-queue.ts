/** The fair queue as its definition reads, over plain lists: what the indexed one is compared with. */

import { blockBytes } from '@millrace/base'
import { leadStepsMax, leadStepsMin, paidBurstMs, type Tier } from '../src/fair-queue.ts'

const leadBytesMin = leadStepsMin * blockBytes
const leadBytesMax = leadStepsMax * blockBytes

interface Group {
  readonly key: string
  /** G: the group's tag among groups. */
  tag: number
  /** G.Pv: virtual time among the group's peers. */
  virtual: number
  members: number
  backlogged: number
  free: number
}

export interface PlainFlow {
  readonly peer: number
  readonly group: Group
  tier: Tier
  /** P: the peer's tag in its group. */
  tag: number
  /** When the paced flow may send its next block. */
  nextMs: number
  /** x: pace in bytes a millisecond. */
  pace: number
}

export class PlainQueue {
  readonly #freeWeight: number
  readonly #paidWeight: number
  readonly #groups = new Map<string, Group>()
  readonly #lists: Record<Exclude<Tier, 'idle'>, PlainFlow[]> = { free: [], paid: [], spare: [] }
  #virtual = 0
  #paidFinish = 0
  #freeFinish = 0
  #paidBacklogged = false
  #freeBacklogged = false
  /** Vf: virtual time among groups. */
  #freeVirtual = 0
  /** Where the tags of those served for want of others begin: they were not waiting in this class before. */
  #spareFloor = 0
  #spareServed = false
  #leadBytes = leadBytesMin
  #pickedPaid = false

  constructor(freeShare: number) {
    this.#freeWeight = Math.max(freeShare, 1e-6)
    this.#paidWeight = Math.max(1 - freeShare, 1e-6)
  }

  /** True when the last `pick` was out of the paid class. */
  get pickedPaid(): boolean {
    return this.#pickedPaid
  }

  /** True while any flow has something to send. */
  get backlogged(): boolean {
    return this.#lists.free.length > 0 || this.#lists.paid.length > 0 || this.#lists.spare.length > 0
  }

  add(peer: number, groupKey: string): PlainFlow {
    let group = this.#groups.get(groupKey)
    if (group === undefined) {
      group = { key: groupKey, tag: this.#freeVirtual, virtual: 0, members: 0, backlogged: 0, free: 0 }
      this.#groups.set(groupKey, group)
    }
    group.members++
    return { peer, group, tier: 'idle', tag: group.virtual, nextMs: 0, pace: 0 }
  }

  remove(flow: PlainFlow): void {
    this.place(flow, 'idle')
    flow.group.members--
    // A group that left and comes back starts at the present: nothing of its past is worth memory.
    if (flow.group.members === 0) this.#groups.delete(flow.group.key)
  }

  /** Moves a flow to a tier; entering one makes its tags newly backlogged. */
  place(flow: PlainFlow, tier: Tier): void {
    if (flow.tier === tier) return
    const { group } = flow
    if (flow.tier !== 'idle') {
      const list = this.#lists[flow.tier]
      list.splice(list.indexOf(flow), 1)
      group.backlogged--
      if (flow.tier === 'free') group.free--
    }
    flow.tier = tier
    if (tier === 'idle') return
    if (group.backlogged === 0 || (tier === 'free' && group.free === 0)) {
      group.tag = Math.max(group.tag, this.#freeVirtual)
    }
    flow.tag = Math.max(flow.tag, group.virtual)
    group.backlogged++
    if (tier === 'free') group.free++
    this.#lists[tier].push(flow)
  }

  /** Sets x in bytes a second. What the flow owes in bytes stays; the time it takes follows the new pace. */
  setPace(flow: PlainFlow, bytesPerSecond: number, nowMs: number): void {
    const pace = bytesPerSecond / 1000
    if (flow.pace === 0) flow.nextMs = Math.max(flow.nextMs, nowMs)
    else if (flow.nextMs > nowMs && pace > 0) flow.nextMs = nowMs + ((flow.nextMs - nowMs) * flow.pace) / pace
    flow.pace = pace
  }

  /** The flow may not send its next paid block before `untilMs`. */
  hold(flow: PlainFlow, untilMs: number): void {
    flow.nextMs = Math.max(flow.nextMs, untilMs)
  }

  /** Sets H from the mean free level in bytes a second. */
  setFreeLevel(bytesPerSecond: number): void {
    this.#leadBytes = Math.min(leadBytesMax, Math.max(leadBytesMin, bytesPerSecond))
  }

  /** The flow whose block leaves next; undefined when nobody has one. */
  pick(nowMs: number): PlainFlow | undefined {
    const paid = this.#paidCandidate(nowMs)
    const free = this.#freeCandidate()
    if (paid === undefined) this.#paidBacklogged = false
    else if (!this.#paidBacklogged) {
      this.#paidBacklogged = true
      this.#paidFinish = Math.max(this.#paidFinish, this.#virtual)
    }
    if (free === undefined) this.#freeBacklogged = false
    else if (!this.#freeBacklogged) {
      this.#freeBacklogged = true
      this.#freeFinish = Math.max(this.#freeFinish, this.#virtual)
    }
    this.#pickedPaid = paid !== undefined && (free === undefined || this.#paidFinish <= this.#freeFinish)
    return this.#pickedPaid ? paid : free
  }

  /** Accounts a block that was picked out of the paid class. */
  servedPaid(flow: PlainFlow, bytes: number, nowMs: number): void {
    this.#virtual = this.#paidFinish
    this.#paidFinish += bytes / this.#paidWeight
    flow.nextMs = Math.max(flow.nextMs, nowMs - paidBurstMs) + bytes / flow.pace
    flow.tag = Math.min(flow.tag + bytes, Math.max(flow.tag, flow.group.virtual + this.#leadBytes))
  }

  /** Accounts a block that was picked out of the free class. */
  servedFree(flow: PlainFlow, bytes: number): void {
    this.#virtual = this.#freeFinish
    this.#freeFinish += bytes / this.#freeWeight
    const { group } = flow
    group.virtual = Math.max(group.virtual, flow.tag)
    flow.tag += bytes
    if (this.#spareServed) group.tag = Math.max(group.tag, this.#spareFloor)
    this.#freeVirtual = Math.max(this.#freeVirtual, group.tag)
    group.tag += bytes
  }

  /** Moves the origin of the classes' virtual time, so that years of service lose no precision. Any time between blocks. */
  rebase(): void {
    this.#paidFinish = Math.max(0, this.#paidFinish - this.#virtual)
    this.#freeFinish = Math.max(0, this.#freeFinish - this.#virtual)
    this.#virtual = 0
  }

  #paidCandidate(nowMs: number): PlainFlow | undefined {
    let best: PlainFlow | undefined
    for (const flow of this.#lists.paid) {
      if (flow.nextMs <= nowMs && (best === undefined || flow.nextMs < best.nextMs)) best = flow
    }
    return best
  }

  #freeCandidate(): PlainFlow | undefined {
    const best = leastTag(this.#lists.free, undefined, 0)
    if (best !== undefined) {
      this.#spareServed = false
      return best
    }
    if (!this.#spareServed) {
      this.#spareServed = true
      this.#spareFloor = this.#freeVirtual
    }
    return leastTag(this.#lists.spare, leastTag(this.#lists.paid, undefined, this.#spareFloor), this.#spareFloor)
  }
}

/** Least group tag, then least peer tag; `floor` lifts the tags of groups that were not waiting before. */
function leastTag(flows: readonly PlainFlow[], start: PlainFlow | undefined, floor: number): PlainFlow | undefined {
  let best = start
  for (const flow of flows) {
    if (best === undefined) {
      best = flow
      continue
    }
    const difference = Math.max(flow.group.tag, floor) - Math.max(best.group.tag, floor)
    if (difference < 0 || (difference === 0 && flow.tag < best.tag)) best = flow
  }
  return best
}
