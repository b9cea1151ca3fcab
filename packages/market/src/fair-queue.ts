/**
 * Whose block leaves next: two-class start-time fair queueing (Goyal, Vin and Cheng 1996).
 * Paid flows are paced and share (1 - phi); the free class takes the rest, one equal share an address group.
 */

import { assert, upload } from '@millrace/base'
import { GroupOrder, Standing } from './group-order.ts'
import { type HeapEntry, heapEntry, TagHeap } from './tag-heap.ts'

/** How far a paced flow may fall behind and still catch up. */
export const paidBurstMs = 250
/** Bounds of the lead, in steps, that paid service may put on a peer's free tag. */
export const leadStepsMin = 4
export const leadStepsMax = 64

/** Where a flow stands: nothing to send; ordinary free; paid; to be served only when nobody else wants the bytes. */
export type Tier = 'idle' | 'free' | 'paid' | 'spare'

interface Group {
  readonly key: string
  /** Small, and no other group of the queue has it now. */
  readonly number: number
  /** G: the group's tag among groups. */
  tag: number
  /** G.Pv: virtual time among the group's peers. */
  virtual: number
  members: number
  /** Its flows that are served as free ones, and its paid and spare ones, which wait for what those leave. */
  readonly free: Standing<Flow>
  readonly others: Standing<Flow>
}

/** One peer in the queue. The fields belong to the queue; others read them. */
export class Flow {
  readonly peer: number
  readonly group: Group
  tier: Tier = 'idle'
  /** P: the peer's tag in its group. */
  tag: number
  /** When the paced flow may send its next block. */
  nextMs = 0
  /** x: pace in bytes a millisecond. */
  pace = 0
  /** When it entered its tier, as a count: of equals the first is served. */
  order = 0
  /** Its tag rose since it was put into its order. */
  isStale = false
  readonly tagEntry: HeapEntry<Flow> = heapEntry<Flow>(this)
  readonly paidEntry: HeapEntry<Flow> = heapEntry<Flow>(this)

  constructor(peer: number, group: Group) {
    this.peer = peer
    this.group = group
    this.tag = group.virtual
  }
}

/** Added to the order of spare flows: paid ones go first among equals. */
const sparePenalty = 2 ** 52

/** A class whose part is nothing is served when the other has nothing to send, and has an order among its own even so. */
function weightOf(part: number): number {
  return Math.max(part, 1e-6)
}

/**
 * The queue of one uplink. `freeShare` (phi) above 0; the paid class has the weight 1 - phi. Each operation takes O(log n)
 * of its flows.
 */
export class FairQueue {
  #freeWeight: number
  #paidWeight: number
  readonly #groups = new Map<string, Group>()
  /** Numbers of groups that left. */
  readonly #freeNumbers: number[] = []
  /** By when they may send. */
  readonly #paid = new TagHeap<Flow>()
  readonly #free = new GroupOrder<Flow>(Number.NEGATIVE_INFINITY)
  /** Paid and spare flows, for the bytes that no free one wants. Its floor: they were not waiting in this class before. */
  readonly #others = new GroupOrder<Flow>(0)
  readonly #stale: Flow[] = []
  #orders = 0
  #virtual = 0
  #paidFinish = 0
  #freeFinish = 0
  #paidBacklogged = false
  #freeBacklogged = false
  /** Vf: virtual time among groups. */
  #freeVirtual = 0
  /** Where the tags of those served for want of others begin. */
  #spareFloor = 0
  #spareServed = false
  readonly #leadBytesMin: number
  readonly #leadBytesMax: number
  #leadBytes: number
  #pickedPaid = false

  constructor(freeShare: number, stepUnits: number = upload.stepUnits) {
    this.#leadBytesMin = leadStepsMin * stepUnits
    this.#leadBytesMax = leadStepsMax * stepUnits
    this.#leadBytes = this.#leadBytesMin
    this.#freeWeight = weightOf(freeShare)
    this.#paidWeight = weightOf(1 - freeShare)
  }

  /** Sets phi. What a class was served ahead of the other stays in bytes; how long that lasts follows the new weight. */
  setFreeShare(freeShare: number): void {
    const [free, paid] = [weightOf(freeShare), weightOf(1 - freeShare)]
    this.#freeFinish = this.#ahead(this.#freeFinish, this.#freeWeight / free)
    this.#paidFinish = this.#ahead(this.#paidFinish, this.#paidWeight / paid)
    this.#freeWeight = free
    this.#paidWeight = paid
  }

  /** True when the last `pick` was out of the paid class. */
  get pickedPaid(): boolean {
    return this.#pickedPaid
  }

  /** True while any flow has something to send. */
  get backlogged(): boolean {
    return this.#free.size > 0 || this.#others.size > 0
  }

  add(peer: number, groupKey: string): Flow {
    let group = this.#groups.get(groupKey)
    if (group === undefined) {
      const [free, others] = [new Standing<Flow>(), new Standing<Flow>()]
      const number = this.#freeNumbers.pop() ?? this.#groups.size
      group = { key: groupKey, number, tag: this.#freeVirtual, virtual: 0, members: 0, free, others }
      this.#groups.set(groupKey, group)
    }
    group.members++
    return new Flow(peer, group)
  }

  remove(flow: Flow): void {
    this.place(flow, 'idle')
    flow.group.members--
    // A group that left and comes back starts at the present: nothing of its past is worth memory.
    if (flow.group.members > 0) return
    this.#groups.delete(flow.group.key)
    this.#freeNumbers.push(flow.group.number)
  }

  /** Moves a flow to a tier; entering one makes its tags newly backlogged. */
  place(flow: Flow, tier: Tier): void {
    if (flow.tier === tier) return
    const { group } = flow
    if (flow.tier === 'free') this.#free.delete(group.free, flow.tagEntry)
    else if (flow.tier !== 'idle') this.#others.delete(group.others, flow.tagEntry)
    if (flow.tier === 'paid') this.#paid.delete(flow.paidEntry)
    flow.tier = tier
    if (tier === 'idle') return
    const isFirst = group.free.size === 0 && (tier === 'free' || group.others.size === 0)
    if (isFirst) this.#tagGroup(group, Math.max(group.tag, this.#freeVirtual))
    flow.tag = Math.max(flow.tag, group.virtual)
    flow.order = this.#orders++
    this.#requeue(flow)
    this.#retime(flow)
  }

  /** Sets x in bytes a second. What the flow owes in bytes stays; the time it takes follows the new pace. */
  setPace(flow: Flow, bytesPerSecond: number, nowMs: number): void {
    const pace = bytesPerSecond / 1000
    if (flow.pace === 0) flow.nextMs = Math.max(flow.nextMs, nowMs)
    else if (flow.nextMs > nowMs && pace > 0) flow.nextMs = nowMs + ((flow.nextMs - nowMs) * flow.pace) / pace
    flow.pace = pace
    this.#retime(flow)
  }

  /** The flow may not send its next paid block before `untilMs`. */
  hold(flow: Flow, untilMs: number): void {
    if (untilMs <= flow.nextMs) return
    flow.nextMs = untilMs
    this.#retime(flow)
  }

  /** Sets H from the mean free level in bytes a second. */
  setFreeLevel(bytesPerSecond: number): void {
    this.#leadBytes = Math.min(this.#leadBytesMax, Math.max(this.#leadBytesMin, bytesPerSecond))
  }

  /** The flow whose block leaves next; undefined when nobody has one. */
  pick(nowMs: number): Flow | undefined {
    const first = this.#paid.top?.item
    const paid = first !== undefined && first.nextMs <= nowMs ? first : undefined
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
  servedPaid(flow: Flow, bytes: number, nowMs: number): void {
    assert(flow.pace > 0, 'a paid flow with a pace')
    this.#virtual = this.#paidFinish
    this.#paidFinish += bytes / this.#paidWeight
    flow.nextMs = Math.max(flow.nextMs, nowMs - paidBurstMs) + bytes / flow.pace
    flow.tag = Math.min(flow.tag + bytes, Math.max(flow.tag, flow.group.virtual + this.#leadBytes))
    this.#retime(flow)
    // Its order is asked only when no free flow waits: until then the rises of a thousand payers add up.
    if (flow.isStale) return
    flow.isStale = true
    this.#stale.push(flow)
  }

  /** Accounts a block that was picked out of the free class. */
  servedFree(flow: Flow, bytes: number): void {
    this.#virtual = this.#freeFinish
    this.#freeFinish += bytes / this.#freeWeight
    const { group } = flow
    group.virtual = Math.max(group.virtual, flow.tag)
    flow.tag += bytes
    this.#requeue(flow)
    const tag = this.#spareServed ? Math.max(group.tag, this.#spareFloor) : group.tag
    this.#freeVirtual = Math.max(this.#freeVirtual, tag)
    this.#tagGroup(group, tag + bytes)
  }

  /** Moves the origin of the classes' virtual time, so that years of service lose no precision. Any time between blocks. */
  rebase(): void {
    this.#paidFinish = Math.max(0, this.#paidFinish - this.#virtual)
    this.#freeFinish = Math.max(0, this.#freeFinish - this.#virtual)
    this.#virtual = 0
  }

  #ahead(finish: number, factor: number): number {
    return this.#virtual + Math.max(0, finish - this.#virtual) * factor
  }

  #freeCandidate(): Flow | undefined {
    const best = this.#free.least
    if (best !== undefined) {
      this.#spareServed = false
      return best
    }
    if (!this.#spareServed) {
      this.#spareServed = true
      this.#spareFloor = this.#freeVirtual
      this.#others.raiseFloor(this.#freeVirtual)
    }
    for (const flow of this.#stale) {
      flow.isStale = false
      this.#requeue(flow)
    }
    this.#stale.length = 0
    return this.#others.least
  }

  #tagGroup(group: Group, tag: number): void {
    group.tag = tag
    this.#free.refresh(group.free, tag)
    this.#others.refresh(group.others, tag)
  }

  /** The flow's tag is new. */
  #requeue(flow: Flow): void {
    const { group, tier, tagEntry, tag, order } = flow
    if (tier === 'free') this.#free.set(group.free, tagEntry, tag, order)
    else if (tier === 'paid') this.#others.set(group.others, tagEntry, tag, order)
    else if (tier === 'spare') this.#others.set(group.others, tagEntry, tag, order + sparePenalty)
  }

  /** The flow's time to send is new. */
  #retime(flow: Flow): void {
    if (flow.tier === 'paid') this.#paid.set(flow.paidEntry, flow.nextMs, flow.order, 0)
  }
}
