/**
 * The numbered stream of signals between the two endpoints of a call (docs/protocol.md, "Signals").
 *
 * Pure: time comes in, frames come out. After every call, take what `drain` has and arm a timer for `due`.
 */
import type { SignalData, SignalFrame } from './wire'

const ACK_DELAY_MS = 100
const RESEND_FIRST_MS = 2_000
const RESEND_LAST_MS = 16_000
/** Two first signals that cross on the way are this close in time. */
const CROSSING_MS = 200
const UNACKED_LIMIT = 256

/** What a received frame means. `fresh`: the other page is new, and nothing said before holds. */
export type Received =
  { readonly take: false } | { readonly take: true; readonly data: SignalData; readonly fresh: boolean }

interface Sent {
  readonly s: number
  readonly d: SignalData
}

/**
 * One end of a stream pair.
 *
 * A page load is an epoch. When the other page turns out to be new, this end starts an epoch of its own too: the numbers it
 * has used mean nothing there. What was written for a former page of ours (its `ae` names neither this epoch nor none) is
 * passed over, so an answer to an old offer never meets a new connection.
 */
export class SignalStream {
  readonly #newEpoch: () => number
  #epoch: number
  #last = 0
  #unacked: Sent[] = []
  #peerEpoch = 0
  #peerLast = 0
  /** The epoch of the page that has acknowledged something of ours. */
  #heardBy = 0
  readonly #peerPast = new Set<number>()
  #ackAt: number | null = null
  #saidAt = 0
  #resendAt: number | null = null
  #resendAfter = RESEND_FIRST_MS
  #out: SignalFrame[] = []

  /** @param newEpoch random integers, 1 to 2^31 - 1 */
  constructor(newEpoch: () => number) {
    this.#newEpoch = newEpoch
    this.#epoch = newEpoch()
  }

  /** More is unacknowledged than the protocol allows: the call has failed. */
  get overflowed(): boolean {
    return this.#unacked.length > UNACKED_LIMIT
  }

  /** When `tick` has something to do, in the caller's milliseconds. */
  get due(): number | null {
    if (this.#ackAt === null || this.#resendAt === null) return this.#ackAt ?? this.#resendAt
    return Math.min(this.#ackAt, this.#resendAt)
  }

  /** Says something to the other end. */
  push(now: number, d: SignalData): void {
    const item = { s: ++this.#last, d }
    this.#unacked.push(item)
    this.#emit(item)
    this.#saidAt = now
    this.#resendAt ??= now + this.#resendAfter
  }

  /** Takes a frame of the other end. */
  receive(now: number, frame: SignalFrame): Received {
    if (this.#peerPast.has(frame.e) || (frame.ae !== 0 && frame.ae !== this.#epoch)) return { take: false }
    const { item } = frame
    if (frame.e !== this.#peerEpoch && item?.s === 1) return this.#meet(now, frame, item)
    this.#acknowledged(now, frame) // also from an end that has not spoken yet
    if (frame.e !== this.#peerEpoch || item === null) return { take: false }
    if (item.s <= this.#peerLast) this.#ackAt ??= now + ACK_DELAY_MS
    return item.s === this.#peerLast + 1 ? this.#take(now, item, false) : { take: false }
  }

  /** Says everything unacknowledged again: the link is new, or the other end has come back. */
  resend(now: number): void {
    this.#resendAfter = RESEND_FIRST_MS
    this.#resendAll(now)
  }

  /** Does what is due. */
  tick(now: number): void {
    if (this.#resendAt !== null && this.#resendAt <= now) {
      this.#resendAfter = Math.min(this.#resendAfter * 2, RESEND_LAST_MS)
      this.#resendAll(now)
    }
    if (this.#ackAt !== null && this.#ackAt <= now) this.#emit(null)
  }

  /** The frames to send now, in order. */
  drain(): SignalFrame[] {
    return this.#out.splice(0)
  }

  /** The first signal of an epoch not seen before. */
  #meet(now: number, frame: SignalFrame, item: Sent): Received {
    // An end that knows our epoch has already turned to us; only one that does not is a new page.
    const known = this.#peerLast > 0 || (this.#heardBy !== 0 && this.#heardBy !== frame.e)
    const fresh = known && frame.ae !== this.#epoch
    if (this.#peerEpoch !== 0) this.#peerPast.add(this.#peerEpoch)
    this.#peerEpoch = frame.e
    this.#peerLast = 0
    if (fresh) this.#restart()
    this.#acknowledged(now, frame)
    const received = this.#take(now, item, fresh)
    // What was said before it listened is lost; what was said just now is still on its way.
    if (frame.ae === 0 && now - this.#saidAt > CROSSING_MS) this.resend(now)
    return received
  }

  #restart(): void {
    this.#epoch = this.#newEpoch()
    this.#last = 0
    this.#heardBy = 0
    this.#unacked = []
    this.#out = []
    this.#resendAt = null
    this.#resendAfter = RESEND_FIRST_MS
  }

  #take(now: number, item: Sent, fresh: boolean): Received {
    this.#peerLast = item.s
    this.#ackAt ??= now + ACK_DELAY_MS
    return { take: true, data: item.d, fresh }
  }

  #acknowledged(now: number, { e, ae, as }: SignalFrame): void {
    if (ae !== this.#epoch) return
    const before = this.#unacked.length
    this.#unacked = this.#unacked.filter(({ s }) => s > as)
    if (this.#unacked.length === before) return
    this.#heardBy = e
    this.#resendAfter = RESEND_FIRST_MS
    this.#resendAt = this.#unacked.length > 0 ? now + this.#resendAfter : null
  }

  #resendAll(now: number): void {
    this.#out = []
    for (const item of this.#unacked) this.#emit(item)
    this.#saidAt = now
    this.#resendAt = this.#unacked.length > 0 ? now + this.#resendAfter : null
  }

  #emit(item: Sent | null): void {
    this.#ackAt = null
    this.#out.push({ e: this.#epoch, ae: this.#peerLast > 0 ? this.#peerEpoch : 0, as: this.#peerLast, item })
  }
}
