import { Call, type CallHost } from './call'
import type { Asked } from './commands'
import { randomId } from './encoding'
import { MagpieError } from './error'
import type { EndReason, MediaChoice } from './types'
import { signalMessage, type CommandName, type Commands, type SignalFrame, type View } from './wire'

/** What the switchboard needs from the session. */
export interface SwitchboardOwner {
  readonly linkUp: boolean
  ask<C extends CommandName>(command: C, fields: Commands[C]['fields']): Asked<Commands[C]['answer']>
  send(message: object): void
  configuration(): Promise<RTCConfiguration>
  localTime(serverTime: number): number
  /** The network may be gone: makes sure of the link. */
  suspect(): void
  /** Another call is current, or none. */
  changed(call: Call | null): void
}

/** Views of ended calls that are remembered, so that a late older view cannot revive them. */
const REMEMBERED = 64

/** Brings together what the server says of calls and the one call this page is in. */
export class Switchboard implements CallHost {
  readonly #owner: SwitchboardOwner
  readonly #views = new Map<string, View>()
  readonly #over = new Set<string>()
  #current: Call | null = null
  #dial: { readonly call: Call; readonly asked: Asked<string> } | null = null

  constructor(owner: SwitchboardOwner) {
    this.#owner = owner
  }

  /** The call this page is in; an ended one is not. */
  get current(): Call | null {
    return this.#current
  }

  get linkUp(): boolean {
    return this.#owner.linkUp
  }

  /** Calls somebody. While this page is in a call the new one ends at once, as `busy-here`. */
  dial(to: string, choice: MediaChoice): Call {
    const id = randomId()
    const call = new Call(this, { kind: 'dial', id, choice })
    if (this.#current !== null) {
      call.failed('busy-here')
      return call
    }
    this.#become(call)
    const asked = this.#owner.ask('dial', { call: id, to, media: choice.media })
    this.#dial = { call, asked }
    asked.answer.then(
      (wireId) => this.#dialled(call, wireId),
      (error: unknown) => call.failed(reasonOf(error)),
    )
    return call
  }

  /** Takes a view; of several, the highest version counts. */
  viewed(view: View): void {
    if (view.v <= (this.#views.get(view.id)?.v ?? -1)) return
    this.#views.set(view.id, view)
    if (this.#current?.wireId === view.id) this.#current.viewed(view)
    this.#surface()
    this.#forget()
  }

  signalled(wireId: string, frame: SignalFrame): void {
    if (this.#current?.wireId === wireId) this.#current.signalled(frame)
  }

  linked(up: boolean): void {
    this.#current?.linked(up)
  }

  /** Live calls and the versions this page has seen of them. */
  versions(): Record<string, number> {
    const live = [...this.#views.values()].filter(({ id, state }) => state !== 'ended' && !this.#over.has(id))
    return Object.fromEntries(live.map(({ id, v }) => [id, v]))
  }

  configuration(): Promise<RTCConfiguration> {
    return this.#owner.configuration()
  }

  suspect(): void {
    this.#owner.suspect()
  }

  localTime(serverTime: number): number {
    return this.#owner.localTime(serverTime)
  }

  signal(wireId: string, frame: SignalFrame): void {
    this.#owner.send(signalMessage(wireId, frame))
  }

  say(command: 'accept' | 'decline' | 'hangup', call: Call, detail: string): void {
    const id = call.wireId
    if (command === 'accept') {
      const media = detail === 'video' ? 'video' : 'audio'
      this.#owner.ask('accept', { call: id, media }).answer.catch((error: unknown) => call.failed(reasonOf(error)))
      return
    }
    // A dial the server never heard needs no taking back.
    if (this.#dial?.call === call && this.#dial.asked.takeBack()) return
    const asked =
      command === 'decline'
        ? this.#owner.ask('decline', { call: id, reason: detail })
        : this.#owner.ask('hangup', { call: id })
    asked.answer.catch(() => undefined) // refused only where the call is over already
  }

  ended(call: Call): void {
    this.#over.add(call.wireId)
    if (this.#current !== call) return
    this.#become(null)
    this.#surface()
  }

  #dialled(call: Call, wireId: string): void {
    this.#dial = null
    if (wireId === call.wireId) return
    if (call.state.kind === 'ended') {
      this.#over.add(wireId)
      this.#owner.ask('hangup', { call: wireId }).answer.catch(() => undefined)
      return
    }
    call.merged(wireId)
    const view = this.#views.get(wireId)
    if (view !== undefined) call.viewed(view)
  }

  /** Shows a call the server knows of and this page does not, once there is room for it. */
  #surface(): void {
    if (this.#current !== null) return
    for (const view of this.#views.values()) {
      if (view.state === 'ended' || this.#over.has(view.id)) continue
      return this.#become(new Call(this, { kind: 'view', view }))
    }
  }

  #become(call: Call | null): void {
    this.#current = call
    this.#owner.changed(call)
  }

  #forget(): void {
    for (const { id, state } of this.#views.values()) {
      if (this.#views.size <= REMEMBERED) return
      if (state !== 'ended') continue
      this.#views.delete(id)
      this.#over.delete(id)
    }
  }
}

const REASONS: ReadonlySet<string> = new Set<EndReason>([
  'unknown-person',
  'invite-used',
  'bad-number',
  'self',
  'busy-here',
  'rate',
  'gone',
  'answered-elsewhere',
])

function reasonOf(error: unknown): EndReason {
  return error instanceof MagpieError && REASONS.has(error.code) ? (error.code as EndReason) : 'failed'
}
