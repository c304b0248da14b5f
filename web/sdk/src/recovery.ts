/** How long to wait before an ICE restart, by what happened; milliseconds. */
export interface Patience {
  /** `disconnected` can heal by itself. */
  readonly disconnected: number
  /** After `failed`, a change of network, or signalling that came back to a dead path. */
  readonly broken: number
}

/** The caller acts first; the callee only when the caller has not, so that two restarts rarely meet. */
export const PATIENCE: { readonly [R in 'caller' | 'callee']: Patience } = {
  caller: { disconnected: 2_000, broken: 0 },
  callee: { disconnected: 2_700, broken: 400 },
}

const AGAIN_FIRST_MS = 6_000
const AGAIN_STEP_MS = 2_000
const AGAIN_LAST_MS = 15_000

/**
 * Decides when to restart ICE. It waits where the path may heal by itself, acts at once where it cannot, holds back while
 * signalling is down (the offer could not leave), and tries again for as long as the call lasts.
 */
export class Recovery {
  readonly #patience: Patience
  readonly #restart: () => void
  #path: 'new' | 'up' | 'down' = 'new'
  #link = true
  #owed = false
  #attempts = 0
  #timer: ReturnType<typeof setTimeout> | undefined
  #dueAt = Infinity

  constructor(patience: Patience, restart: () => void) {
    this.#patience = patience
    this.#restart = restart
  }

  /** The ICE state of the connection changed. */
  ice(state: RTCIceConnectionState): void {
    if (state === 'connected' || state === 'completed') return this.#healed()
    if (state === 'disconnected') this.#broke(this.#patience.disconnected)
    if (state === 'failed') this.#broke(this.#patience.broken)
  }

  /** Signalling went. */
  linkDown(): void {
    this.#link = false
  }

  /**
   * Signalling is back, or the other page is.
   *
   * @param suspect the path may be dead although it looks alive: it ran through the server that was away
   */
  linkUp(suspect: boolean): void {
    this.#link = true
    if (suspect || this.#owed || this.#path === 'down') this.#in(this.#patience.broken)
  }

  /** This page's network changed: the path is gone, whatever its state still says. */
  networkChanged(): void {
    if (this.#path !== 'new') this.#in(0)
  }

  /** Nothing arrives any more, seconds before the browser will say so. */
  stalled(): void {
    if (this.#path === 'up') this.#in(this.#patience.broken)
  }

  /** The other side's offer was just taken: it may be the restart we were about to make. */
  negotiated(): void {
    if (this.#timer === undefined || this.#attempts > 0) return
    this.close()
    if (this.#path === 'down') this.#in(AGAIN_FIRST_MS)
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  #healed(): void {
    this.#path = 'up'
    this.#attempts = 0
    this.#owed = false
    this.close()
  }

  #broke(patience: number): void {
    this.#path = 'down'
    this.#in(patience)
  }

  /** Acts after `wait`, or earlier when that was already planned. */
  #in(wait: number): void {
    const dueAt = Date.now() + wait
    if (this.#timer !== undefined && this.#dueAt <= dueAt) return
    clearTimeout(this.#timer)
    this.#dueAt = dueAt
    this.#timer = setTimeout(() => this.#act(), wait)
  }

  #act(): void {
    this.#timer = undefined
    this.#owed = !this.#link
    if (!this.#link) return
    this.#attempts += 1
    this.#restart()
    // A path that still looks alive gets one restart; the browser tells if it is dead after all.
    if (this.#path !== 'up') this.#in(Math.min(AGAIN_FIRST_MS + AGAIN_STEP_MS * this.#attempts, AGAIN_LAST_MS))
  }
}
