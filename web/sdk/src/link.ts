import type { Carrier } from './carrier'
import { anyWay } from './ways'
import { parseMessage, type ServerMessage, type Welcome } from './wire'

/** What the link answers the server's challenge with. */
export interface Proof {
  readonly key: string
  readonly sig: string
  readonly origin: string
  readonly tab: string
  readonly label: string
  /** Whether the server is to hold back every signal of ours that tells our address. */
  readonly hide: boolean
}

/** Why a link stays closed. */
export type Shut = 'replaced' | 'unlinked' | 'refused'

/** What a link tells its owner. */
export interface LinkOwner {
  prove(nonce: string): Promise<Proof>
  /** Versions of the calls to compare with the server's. */
  versions(): Readonly<Record<string, number>>
  connecting(attempt: number): void
  up(welcome: Welcome): void
  /** The link is lost, or an attempt failed; the next one is at `retryAt`, local time. */
  down(retryAt: number): void
  message(message: ServerMessage): void
  /** No further attempt is made: another page has this tab's place, this device was unlinked, or the server refuses the proof. */
  shut(why: Shut, detail: string): void
}

/** Waits before the first, second... attempt after a loss, in milliseconds; the last one repeats. */
export const BACKOFF_MS = [0, 500, 1_000, 2_000, 4_000, 5_000] as const

const SYNC_IDLE_MS = 20_000
const SYNC_IN_CALL_MS = 5_000
const SYNCED_PATIENCE_MS = 5_000
/** A page that was asleep finds its link alive or, more often, long gone. */
const PROBE_PATIENCE_MS = 2_000
/** An attempt younger than this was made over the network of now. */
const YOUNG_MS = 1_000
const OPENING_PATIENCE_MS = 8_000
/** A link that held this long starts over with the first wait; one that did not is a server in trouble. */
const STABLE_MS = 1_000
const CLOSE_AUTH = 4401
const CLOSE_UNLINKED = 4403
const CLOSE_REPLACED = 4409

type Timer = ReturnType<typeof setTimeout> | undefined

/**
 * The way to the server, a WebSocket if it can be: opens it, proves who we are, keeps it alive, and opens it again for as long as it runs.
 */
export class Link {
  readonly #server: string
  readonly #owner: LinkOwner
  readonly #way = anyWay()
  #carrier: Carrier | null = null
  /** Counts the attempts, so that what belongs to an earlier one is told apart. */
  #round = 0
  #welcomed = false
  #running = false
  #inCall = false
  #attempt = 0
  #openedAt = 0
  #refusals = 0
  #retryTimer: Timer
  #openTimer: Timer
  #syncTimer: Timer
  #syncedTimer: Timer

  /** @param server `https://host` */
  constructor(server: string, owner: LinkOwner) {
    this.#server = server
    this.#owner = owner
  }

  /** Whether the server has welcomed us and nothing says it is gone. */
  get up(): boolean {
    return this.#welcomed
  }

  /** Starts, or starts again after a stop or a shut. */
  start(): void {
    if (this.#running) return
    this.#running = true
    this.#attempt = 0
    this.#refusals = 0
    this.#open()
  }

  /** Closes for good, or until the next start. */
  stop(): void {
    this.#running = false
    clearTimeout(this.#retryTimer)
    this.#drop()
  }

  /** Proves anew who we are, over a new link. */
  renew(): void {
    if (this.#running) this.#open()
  }

  /** Sends one message; while the link is down, drops it and answers false. */
  send(message: object): boolean {
    return this.#welcomed && this.#write(message)
  }

  /** Beats every 5 s during a call, every 20 s else. */
  inCall(inCall: boolean): void {
    if (this.#inCall === inCall) return
    this.#inCall = inCall
    if (this.#welcomed) this.#scheduleSync()
  }

  /**
   * Something has changed around this page.
   *
   * @param change `network`: what was open before is of the network before, so a new link is made at once. `page`: an open link
   *   has two seconds to answer
   */
  wake(change: 'page' | 'network'): void {
    if (!this.#running) return
    if (this.#welcomed && change === 'page') return this.#sync(PROBE_PATIENCE_MS)
    if (this.#carrier !== null && Date.now() - this.#openedAt < YOUNG_MS) return
    this.#attempt = 0
    if (this.#welcomed) this.#lost()
    else this.#open()
  }

  #open(): void {
    clearTimeout(this.#retryTimer)
    this.#drop()
    this.#openedAt = Date.now()
    this.#owner.connecting(this.#attempt)
    this.#openTimer = setTimeout(() => this.#lost(), OPENING_PATIENCE_MS)
    this.#carrier = this.#way(this.#server, {
      message: (text) => this.#received(text),
      closed: (code, reason) => this.#closed(code, reason),
    })
  }

  #received(text: string): void {
    const message = parseMessage(text)
    if (message === null) return
    switch (message.t) {
      case 'hello':
        return void this.#authenticate(message.nonce)
      case 'welcome':
        return this.#welcome(message)
      case 'synced':
        return clearTimeout(this.#syncedTimer)
      case 'unlinked':
        return this.#shut('unlinked', '')
      case 'drain':
        return this.#closed(0, '', message.retryAfter)
      default:
        if (message.t === 'error' && message.code === 'replaced') return this.#shut('replaced', message.detail)
        if (message.t === 'error' && message.code === 'unlinked') return this.#shut('unlinked', message.detail)
        return this.#owner.message(message)
    }
  }

  async #authenticate(nonce: string): Promise<void> {
    const round = this.#round
    const proof = await this.#owner.prove(nonce)
    if (round === this.#round) this.#write({ t: 'auth', ...proof })
  }

  #welcome(welcome: Welcome): void {
    clearTimeout(this.#openTimer)
    this.#welcomed = true
    this.#refusals = 0
    this.#openedAt = Date.now()
    this.#owner.up(welcome)
    this.#sync(SYNCED_PATIENCE_MS)
  }

  /** Compares notes now, and expects to hear back. */
  #sync(patienceMs: number): void {
    clearTimeout(this.#syncedTimer)
    this.#syncedTimer = setTimeout(() => this.#lost(), patienceMs)
    this.#scheduleSync()
    this.#write({ t: 'sync', calls: this.#owner.versions() })
  }

  #scheduleSync(): void {
    clearTimeout(this.#syncTimer)
    this.#syncTimer = setTimeout(() => this.#sync(SYNCED_PATIENCE_MS), this.#inCall ? SYNC_IN_CALL_MS : SYNC_IDLE_MS)
  }

  #closed(code: number, detail: string, waitMs = 0): void {
    if (code === CLOSE_REPLACED) return this.#shut('replaced', detail)
    if (code === CLOSE_UNLINKED) return this.#shut('unlinked', detail)
    // One refused proof may be a page that slept between question and answer; two are a verdict.
    if (code === CLOSE_AUTH && ++this.#refusals > 1) return this.#shut('refused', detail)
    this.#lost(waitMs)
  }

  #shut(why: Shut, detail: string): void {
    this.stop()
    this.#owner.shut(why, detail)
  }

  #lost(atLeastMs = 0): void {
    if (this.#welcomed && Date.now() - this.#openedAt >= STABLE_MS) this.#attempt = 0
    this.#drop()
    const wait = Math.max(atLeastMs, jittered(BACKOFF_MS[Math.min(this.#attempt, BACKOFF_MS.length - 1)] ?? 0))
    this.#attempt += 1
    this.#owner.down(Date.now() + wait)
    this.#retryTimer = setTimeout(() => this.#open(), wait)
  }

  /** Lets go of the carrier without a word to the owner. */
  #drop(): void {
    clearTimeout(this.#openTimer)
    clearTimeout(this.#syncTimer)
    clearTimeout(this.#syncedTimer)
    this.#welcomed = false
    this.#round += 1
    this.#carrier?.close()
    this.#carrier = null
  }

  #write(message: object): boolean {
    if (this.#carrier?.open !== true) return false
    this.#carrier.send(JSON.stringify(message))
    return true
  }
}

/** 70 to 100 % of the wait, so that the pages of a restarted server do not all come at once. */
function jittered(ms: number): number {
  return ms * (0.7 + 0.3 * Math.random())
}
