import { MagpieError } from './error'
import { parseAnswer, type CommandName, type Commands, type Fields } from './wire'

/** How long a command waits for its answer before it is said again, in milliseconds. */
const REPEAT_MS = 3_000

/** After how long a question a person is waiting on is given up, in milliseconds. */
const PATIENCE_MS = 20_000

interface Pending {
  readonly message: object
  readonly deadline: number
  repeatAt: number
  sent: boolean
  settle(body: Fields): void
  refuse(error: MagpieError): void
}

/** A command under way. */
export interface Asked<T> {
  readonly answer: Promise<T>
  /** Takes it back if the server cannot have heard it; whether that was so. */
  takeBack(): boolean
}

/**
 * Commands on their way: each is numbered and said again, after every reconnect and after 3 s, until it is answered.
 *
 * The commands of a call are said until answered, however long that takes, since both sides must agree on it in the end;
 * all others are given up after 20 s.
 */
export class CommandBook {
  readonly #pending = new Map<number, Pending>()
  readonly #send: (message: object) => boolean
  #last = 0
  #timer: ReturnType<typeof setTimeout> | undefined

  /** @param send false while the link is down: the message is dropped */
  constructor(send: (message: object) => boolean) {
    this.#send = send
  }

  /** Says a command. */
  ask<C extends CommandName>(t: C, fields: Commands[C]['fields']): Asked<Commands[C]['answer']> {
    const n = ++this.#last
    const message = { t, n, ...fields }
    const deadline = 'call' in fields ? Infinity : Date.now() + PATIENCE_MS
    const answer = new Promise<Commands[C]['answer']>((resolve, reject) => {
      const settle = (body: Fields) => {
        try {
          resolve(parseAnswer(t, body))
        } catch {
          reject(new MagpieError('internal', `unreadable answer to ${t}`))
        }
      }
      const pending: Pending = { message, deadline, repeatAt: 0, sent: false, settle, refuse: reject }
      this.#pending.set(n, pending)
      this.#say(pending)
    })
    this.#arm()
    return { answer, takeBack: () => this.#takeBack(n) }
  }

  /** The server answered `ok`; answers to unknown numbers (said twice, answered twice) are passed over. */
  settle(n: number, body: Fields): void {
    this.#take(n)?.settle(body)
  }

  /** The server answered `error`. A call's command that came too fast is said again when the server allows. */
  refuse(n: number, error: MagpieError): void {
    const pending = this.#pending.get(n)
    if (error.code === 'rate' && error.retryAfter !== null && pending?.deadline === Infinity) {
      pending.repeatAt = Date.now() + error.retryAfter
      this.#arm()
      return
    }
    this.#take(n)?.refuse(error)
  }

  /** Says everything unanswered again, in order: the link is new. */
  repeatAll(): void {
    for (const pending of this.#pending.values()) this.#say(pending)
    this.#arm()
  }

  /** Gives everything up. */
  close(): void {
    clearTimeout(this.#timer)
    for (const n of [...this.#pending.keys()])
      this.#take(n)?.refuse(new MagpieError('stopped', 'stop() was called before the answer came'))
  }

  #say(pending: Pending): void {
    pending.repeatAt = Date.now() + REPEAT_MS
    pending.sent = this.#send(pending.message) || pending.sent
  }

  #takeBack(n: number): boolean {
    if (this.#pending.get(n)?.sent !== false) return false
    this.#take(n)?.refuse(new MagpieError('ended', 'the call ended before the server heard of it'))
    return true
  }

  #take(n: number): Pending | undefined {
    const pending = this.#pending.get(n)
    this.#pending.delete(n)
    return pending
  }

  #arm(): void {
    clearTimeout(this.#timer)
    const due = Math.min(...[...this.#pending.values()].map((pending) => Math.min(pending.repeatAt, pending.deadline)))
    if (due !== Infinity) this.#timer = setTimeout(() => this.#tick(), Math.max(0, due - Date.now()))
  }

  #tick(): void {
    const now = Date.now()
    for (const [n, pending] of this.#pending) {
      if (pending.deadline <= now)
        this.#take(n)?.refuse(new MagpieError('connection', 'no answer within 20 s: is the session online?'))
      else if (pending.repeatAt <= now) this.#say(pending)
    }
    this.#arm()
  }
}
