import type { Call } from './call'
import { CommandBook } from './commands'
import { Emitter } from './emitter'
import { MagpieError } from './error'
import { IceServers } from './ice'
import { Identity, IndexedDbStore, type IdentityStore } from './identity'
import { learn, missedAfter, NOTHING, told, type Knowledge } from './known'
import { deviceLabel } from './label'
import { Link, type Proof, type Shut } from './link'
import { watchNetwork } from './network'
import { Switchboard } from './switchboard'
import { openTab } from './tab'
import type { Card, Contact, Me, MediaChoice, OneTimeCode, ProfileChange, SessionFailure, SessionState } from './types'
import type { CommandName, Commands, ServerMessage, Welcome } from './wire'

/** How to reach the server and what to be there. */
export interface MagpieOptions {
  /** Origin of the server, `https://host:port`; the page's own by default. */
  readonly server?: string
  /** Name of this device as its owner sees it; guessed from the browser by default. */
  readonly label?: string
  /**
   * Hides my address from the people I talk to: my calls use relayed addresses only, and the server lets nothing of mine through that
   * tells another one.
   */
  readonly hideAddress?: boolean
  /** `relay` makes my connections use relayed addresses only; what leaves this page the server does not look at. */
  readonly policy?: RTCIceTransportPolicy
  readonly storage?: IdentityStore
}

/** Events of the session. */
export interface MagpieEvents {
  session: SessionState
  /** Another call is current, or none: an ended call leaves its place after its last `state` event. */
  call: Call | null
  /** Somebody calls; `call` has told of it too. */
  incoming: Call
  /** A device wants to speak for me, with the code I offered. */
  'link-request': { readonly device: string; readonly label: string }
  /** This device speaks for another person from now on. */
  linked: Me
  /** The person whose code this device claimed said no. */
  'link-rejected': null
}

/**
 * A session with one server: who I am, whom I know, and the call I am in.
 *
 * Everything is kept up by itself from `start` to `stop`: the connection, the credentials, and the call through all of it.
 * Promises reject with {@link MagpieError} only.
 */
export class Magpie extends Emitter<MagpieEvents> {
  /** Applies from the next connection on. */
  policy: RTCIceTransportPolicy

  readonly #server: string
  readonly #label: string
  readonly #store: IdentityStore
  readonly #link: Link
  readonly #ice: IceServers
  readonly #switchboard: Switchboard
  #hideAddress: boolean
  #commands: CommandBook
  #identity: Identity | null = null
  #tab = ''
  #session: SessionState = { kind: 'starting' }
  #known: Knowledge = NOTHING
  #clockAhead = 0
  #started = false
  #unwatch: () => void = () => undefined

  constructor(options: MagpieOptions = {}) {
    super()
    this.policy = options.policy ?? 'all'
    this.#hideAddress = options.hideAddress ?? false
    this.#server = (options.server ?? location.origin).replace(/\/$/, '')
    this.#label = options.label ?? deviceLabel(navigator.userAgent)
    this.#store = options.storage ?? new IndexedDbStore()
    this.#ice = new IceServers(this.#server)
    this.#commands = this.#newBook()
    this.#switchboard = this.#newSwitchboard()
    this.#link = this.#newLink()
  }

  get session(): SessionState {
    return this.#session
  }

  /** Whether my address is hidden from the people I talk to. */
  get hideAddress(): boolean {
    return this.#hideAddress
  }

  /** Tells the server at once; a call that is going on keeps the path it has. */
  set hideAddress(hide: boolean) {
    if (this.#hideAddress === hide) return
    this.#hideAddress = hide
    this.#link.renew()
  }

  /** The call this page is in: one at a time. */
  get call(): Call | null {
    return this.#switchboard.current
  }

  /**
   * Reads or makes this device's key and begins to connect; resolves when that is under way.
   *
   * Never rejects: what keeps the session from starting is in `session` as `failed`.
   */
  async start(): Promise<void> {
    if (this.#started) return
    this.#started = true
    try {
      if (typeof RTCPeerConnection === 'undefined')
        throw new MagpieError('unsupported', 'no WebRTC: use a current browser')
      this.#identity = await Identity.open(this.#store)
      this.#tab = this.#store.tab ?? (await openTab())
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#unwatch = watchNetwork((change) => this.#woken(change))
    this.#link.start()
  }

  /** Hangs up and leaves. Not for a page that unloads: a call then waits for the page to come back. */
  stop(): void {
    this.call?.hangUp()
    this.#started = false
    this.#unwatch()
    this.#link.stop()
    this.#ice.close()
    this.#commands.close()
    this.#commands = this.#newBook()
    this.#set({ kind: 'starting' })
  }

  /** After `replaced`: takes the place back from the page that has it. */
  takeOver(): void {
    if (this.#session.kind === 'replaced') this.#link.start()
  }

  /**
   * Calls a number, a handle, a person id or an invite (`i-CODE`).
   *
   * Returns at once, in state `dialing`; what goes wrong ends the call with its reason.
   */
  dial(to: string, media: MediaChoice): Call {
    return this.#switchboard.dial(to, media)
  }

  /** @throws MagpieError `unknown-person`, `bad-number`, `rate` */
  lookup(who: string): Promise<Card> {
    return this.#ask('lookup', { who })
  }

  /** @throws MagpieError `handle-taken`, `bad-handle`, `bad-name` */
  async setProfile(change: ProfileChange): Promise<Me> {
    return this.#iAm(await this.#ask('profile', change))
  }

  /** @throws MagpieError `unknown-person`, `full` */
  async addContact(id: string, name?: string): Promise<void> {
    this.#have({ contacts: await this.#ask('contact-add', name === undefined ? { id } : { id, name }) })
  }

  async removeContact(id: string): Promise<void> {
    this.#have({ contacts: await this.#ask('contact-remove', { id }) })
  }

  /** @throws MagpieError `full` */
  async block(id: string): Promise<void> {
    this.#have({ blocked: await this.#ask('block', { id }) })
  }

  async unblock(id: string): Promise<void> {
    this.#have({ blocked: await this.#ask('unblock', { id }) })
  }

  /** @param upTo calls missed up to this time (server clock, as in `Missed.at`) count as seen */
  async missedSeen(upTo: number): Promise<void> {
    await this.#ask('missed-seen', { upTo })
    this.#have({ missed: missedAfter(this.#known.missed, upTo) })
  }

  /** Makes a link with which one person may call me once. */
  async createInvite(): Promise<OneTimeCode> {
    const coupon = await this.#ask('invite', {})
    return { ...coupon, url: `${this.#server}/call/i-${coupon.code}` }
  }

  /** Makes a code with which another device can ask to speak for me; `link-request` follows. */
  async offerLink(): Promise<OneTimeCode> {
    const coupon = await this.#ask('link-offer', {})
    return { ...coupon, url: `${this.#server}/#link=${coupon.code}` }
  }

  /**
   * Asks, on the new device, to speak for the person whose code this is; `linked` follows their approval.
   *
   * @throws MagpieError `bad-code`, `rate`, `busy-here`
   */
  async claimLink(code: string): Promise<void> {
    await this.#ask('link-claim', { code })
  }

  /** Vouches for the device of a `link-request`. */
  async approveLink(device: string): Promise<void> {
    const { me } = this.#known
    if (this.#identity === null || me === null)
      throw new MagpieError('connection', 'not connected yet: wait for the session to be online')
    this.#iAm(await this.#ask('link-approve', { device, sig: await this.#identity.vouchFor(me.id, device) }))
  }

  async rejectLink(device: string): Promise<void> {
    await this.#ask('link-reject', { device })
  }

  /** @throws MagpieError `unknown-device` */
  async unlink(device: string): Promise<void> {
    this.#iAm(await this.#ask('unlink', { device }))
  }

  #ask<C extends CommandName>(command: C, fields: Commands[C]['fields']): Promise<Commands[C]['answer']> {
    return this.#commands.ask(command, fields).answer
  }

  #newBook(): CommandBook {
    return new CommandBook((message) => this.#link.send(message))
  }

  #newSwitchboard(): Switchboard {
    const isUp = () => this.#link.up
    return new Switchboard({
      get linkUp() {
        return isUp()
      },
      ask: (command, fields) => this.#commands.ask(command, fields),
      send: (message) => void this.#link.send(message),
      configuration: () => this.#ice.configuration(this.#hideAddress ? 'relay' : this.policy),
      suspect: () => this.#link.wake('page'),
      localTime: (serverTime) => serverTime - this.#clockAhead,
      changed: (call) => this.#callChanged(call),
    })
  }

  #newLink(): Link {
    return new Link(this.#server, {
      prove: (nonce) => this.#prove(nonce),
      versions: () => this.#switchboard.versions(),
      connecting: (attempt) => {
        if (this.#known.me === null) this.#set({ kind: 'connecting', attempt })
      },
      up: (welcome) => this.#up(welcome),
      down: (retryAt) => this.#down(retryAt),
      message: (message) => this.#heard(message),
      shut: (why, detail) => this.#shut(why, detail),
    })
  }

  async #prove(nonce: string): Promise<Proof> {
    const { origin } = location
    if (this.#identity === null) throw new MagpieError('stopped')
    return {
      key: this.#identity.key,
      sig: await this.#identity.proveTo(nonce, origin),
      origin,
      tab: this.#tab,
      label: this.#label,
      hide: this.#hideAddress,
    }
  }

  #up(welcome: Welcome): void {
    this.#clockAhead = welcome.now - Date.now()
    this.#ice.renew(welcome.token)
    this.#have(told(welcome))
    for (const view of welcome.calls) this.#switchboard.viewed(view)
    this.#switchboard.linked(true)
    this.#commands.repeatAll()
  }

  #down(retryAt: number): void {
    this.#set({ kind: 'offline', retryAt, ...this.#known })
    this.#switchboard.linked(false)
  }

  #shut(why: Shut, detail: string): void {
    if (why === 'unlinked') return void this.#becomeNew()
    this.#set(why === 'replaced' ? { kind: 'replaced' } : { kind: 'failed', code: 'refused', detail })
    this.#switchboard.linked(false)
  }

  /** Unlinked: this device is nobody's any more, and starts over as a person of its own. */
  async #becomeNew(): Promise<void> {
    this.#known = NOTHING
    this.#set({ kind: 'starting' })
    this.call?.failed('lost')
    try {
      this.#identity = await Identity.replace(this.#store)
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#link.start()
  }

  #heard(message: ServerMessage): void {
    switch (message.t) {
      case 'ok':
        return this.#commands.settle(message.n, message.body)
      case 'error':
        return this.#refused(message.n, new MagpieError(message.code, message.detail, message.retryAfter))
      case 'call':
        return this.#switchboard.viewed(message.call)
      case 'signal':
        return this.#switchboard.signalled(message.call, message.frame)
      default:
        return this.#noticed(message)
    }
  }

  #refused(n: number | null, error: MagpieError): void {
    if (n !== null) this.#commands.refuse(n, error)
    else if (error.code === 'link-rejected') this.emit('link-rejected', null)
  }

  #noticed(message: ServerMessage): void {
    this.#have(learn(this.#known, message))
    if (message.t === 'link-request') this.emit('link-request', { device: message.device, label: message.label })
    if (message.t === 'linked') this.emit('linked', message.me)
  }

  #callChanged(call: Call | null): void {
    this.#link.inCall(call !== null)
    this.emit('call', call)
    if (call?.state.kind === 'incoming') this.emit('incoming', call)
  }

  #woken(change: 'page' | 'network'): void {
    this.#link.wake(change)
    if (change === 'network') this.call?.networkChanged()
  }

  #iAm(me: Me): Me {
    this.#have({ me })
    return me
  }

  /** Takes over what is known by now, and tells it while online. */
  #have(news: {
    me?: Me | null
    contacts?: readonly Contact[]
    missed?: Knowledge['missed']
    blocked?: readonly Card[]
  }): void {
    this.#known = { ...this.#known, ...news }
    const { me } = this.#known
    if (me !== null && this.#link.up) this.#set({ kind: 'online', ...this.#known, me })
  }

  #fail(error: unknown): void {
    this.#started = false
    const { code, detail } = error instanceof MagpieError ? error : new MagpieError('unsupported', String(error))
    this.#set({ kind: 'failed', code: isFailure(code) ? code : 'unsupported', detail })
  }

  #set(session: SessionState): void {
    this.#session = session
    this.emit('session', session)
  }
}

const isFailure = (code: string): code is SessionFailure =>
  ['unsupported', 'insecure', 'storage', 'refused'].includes(code)

/** Whether this browser wants `webrtc-adapter` loaded before the first call: something we rely on is missing or prefixed. */
export function needsAdapter(): boolean {
  if (typeof RTCPeerConnection === 'undefined') return true
  const needed = ['restartIce', 'addTransceiver', 'getConfiguration', 'connectionState'] as const
  return needed.some((name) => !(name in RTCPeerConnection.prototype))
}
