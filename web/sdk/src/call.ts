import { Emitter } from './emitter'
import { randomEpoch } from './encoding'
import { MagpieError } from './error'
import { describe, step, type CallEvent, type Effect, type Phase } from './machine'
import { Peer, type Sending } from './peer'
import { SignalStream } from './stream'
import type { CallState, Card, EndReason, MediaChoice, MediaKind, PeerMedia } from './types'
import type { SignalData, SignalFrame, View } from './wire'

/** Events of a call. `screen` tells that a shared screen, mine or theirs, came or went; its value is theirs. */
export interface CallEvents {
  state: CallState
  remote: MediaStream
  'peer-media': PeerMedia
  screen: MediaStream | null
}

/** What a call needs from its session. */
export interface CallHost {
  readonly linkUp: boolean
  /** Says a command of this call; `detail` is the media kind of an accept, the reason of a decline. */
  say(command: 'accept' | 'decline' | 'hangup', call: Call, detail: string): void
  signal(wireId: string, frame: SignalFrame): void
  configuration(): Promise<RTCConfiguration>
  /** Media stopped arriving: the network may be gone, and the link with it. */
  suspect(): void
  /** Local time at which something happened by the server's clock. */
  localTime(serverTime: number): number
  ended(call: Call): void
}

/** How a call comes to be on this page. */
export type Origin =
  | { readonly kind: 'dial'; readonly id: string; readonly choice: MediaChoice }
  | { readonly kind: 'view'; readonly view: View }

/** Without any path for media for this long, a call that never connected is given up; milliseconds. */
const CONNECT_PATIENCE_MS = 45_000

/** With the other page and its media both gone for this long, nobody is there; a reload or a restart takes seconds. Milliseconds. */
const ALONE_PATIENCE_MS = 30_000

/**
 * One call, from dialling or ringing to its end.
 *
 * Made by {@link Magpie}. All its properties are current; each change is told by an event.
 */
export class Call extends Emitter<CallEvents> {
  /** Stays the same for the whole call, also where two calls that met became one. */
  readonly id: string
  /** Camera and microphone of the other side: one object for the whole call, whose tracks change. */
  readonly remote: MediaStream = new MediaStream()

  readonly #host: CallHost
  readonly #since: number | null
  #wireId: string
  #role: 'caller' | 'callee'
  #peerCard: Card = { id: '', number: null, handle: null, name: null }
  #media: MediaKind
  #phase: Phase
  #sending: Sending = { audio: null, video: null, screen: null }
  readonly #enabled = { audio: true, video: true }
  #peerMedia: PeerMedia
  #remoteScreen: MediaStream | null = null
  #peerEndpoint: string | null = null
  #peer: Peer | null = null
  /** Counts connections, so that what was awaited for a former one is dropped. */
  #generation = 0
  #stream: SignalStream | null = null
  #streamTimer: ReturnType<typeof setTimeout> | undefined
  #connectTimer: ReturnType<typeof setTimeout> | undefined
  #aloneTimer: ReturnType<typeof setTimeout> | undefined
  /** What arrived before the connection was made, in order. */
  #early: SignalData[] = []

  /** @internal */
  constructor(host: CallHost, origin: Origin) {
    super()
    this.#host = host
    if (origin.kind === 'dial') {
      this.id = this.#wireId = origin.id
      this.#role = 'caller'
      this.#media = origin.choice.media
      this.#since = null
      this.#phase = { at: 'dialing' }
      this.#choose(origin.choice)
      this.#prepare()
    } else {
      const { view } = origin
      this.id = this.#wireId = view.id
      this.#role = view.role
      this.#media = view.media.caller
      this.#since = view.answeredAt === null ? null : host.localTime(view.answeredAt)
      this.#peerCard = view.peer
      this.#phase = found(view, this.#since)
    }
    this.#peerMedia = { audio: true, video: this.#media === 'video', screen: false }
  }

  get role(): 'caller' | 'callee' {
    return this.#role
  }
  /** Whom I talk to; its `id` is empty until the server has named the person dialled. */
  get peer(): Card {
    return this.#peerCard
  }
  /** As dialled. */
  get media(): MediaKind {
    return this.#media
  }
  get state(): CallState {
    return describe(this.#phase)
  }
  /** The screen the other side shares, while it does. */
  get remoteScreen(): MediaStream | null {
    return this.#remoteScreen
  }
  /** What the other side says it is sending. */
  get peerMedia(): PeerMedia {
    return this.#peerMedia
  }
  /** The screen I share, while I do. */
  get screen(): MediaStream | null {
    return this.#sending.screen
  }
  /** The connection in use, for statistics; another object after a page of either side was loaded anew. */
  get connection(): RTCPeerConnection | null {
    return this.#peer?.connection ?? null
  }

  /** Answers an incoming call. */
  accept(choice: MediaChoice): void {
    if (this.#phase.at !== 'incoming') return
    this.#choose(choice)
    this.#answerMedia = choice.media
    this.#on({ e: 'accept' })
  }

  /** Goes on with a call found after this page was loaded anew. */
  rejoin(choice: MediaChoice): void {
    if (this.#phase.at !== 'rejoining') return
    this.#choose(choice)
    this.#on({ e: 'rejoin' })
    if (!this.#host.linkUp) this.linked(false)
  }

  /**
   * Turns an incoming call down.
   *
   * @param reason words for the caller, at most 200 characters
   */
  decline(reason = 'declined'): void {
    this.#declineReason = reason.slice(0, 200)
    this.#on({ e: 'decline' })
  }

  /** Ends the call, or cancels or declines it while it rings. */
  hangUp(): void {
    this.#on({ e: 'hang-up' })
  }

  /**
   * Sends this track instead of the one before: another device, the camera on (also in a call that began with sound only),
   * or off with null. The track before is left to its owner to stop.
   *
   * @throws MagpieError `ended` when the call is over
   */
  async setTrack(kind: MediaKind, track: MediaStreamTrack | null): Promise<void> {
    this.#mustLive()
    if (track !== null) track.enabled = this.#enabled[kind]
    this.#sending = { ...this.#sending, [kind]: track }
    await this.#peer?.setTrack(kind, track)
    this.#tellState()
  }

  /** Mutes or unmutes at once; the device stays open. */
  setEnabled(kind: MediaKind, on: boolean): void {
    this.#enabled[kind] = on
    const track = this.#sending[kind]
    if (track !== null) track.enabled = on
    this.#tellState()
  }

  /**
   * Shares a screen besides the camera, until `stopScreen` or the browser's own button ends it.
   *
   * @throws MagpieError `ended` when the call is over
   */
  async shareScreen(stream: MediaStream): Promise<void> {
    this.#mustLive()
    stopTracks(this.#sending.screen)
    this.#sending = { ...this.#sending, screen: stream }
    for (const track of stream.getVideoTracks()) {
      track.addEventListener('ended', () => {
        if (this.#sending.screen === stream) void this.stopScreen()
      })
    }
    this.#tellState()
    this.emit('screen', this.#remoteScreen)
    await this.#peer?.setScreen(stream)
  }

  /** Stops sharing and closes the capture. */
  async stopScreen(): Promise<void> {
    if (this.#sending.screen === null) return
    stopTracks(this.#sending.screen)
    this.#sending = { ...this.#sending, screen: null }
    this.#tellState()
    this.emit('screen', this.#remoteScreen)
    await this.#peer?.setScreen(null)
  }

  #answerMedia: MediaKind = 'audio'
  #declineReason = 'declined'

  /** The id on the wire. @internal */
  get wireId(): string {
    return this.#wireId
  }

  /** The server sent a newer view of this call. @internal */
  viewed(view: View): void {
    this.#peerCard = view.peer
    const moved = this.#peerEndpoint !== null && this.#peerEndpoint !== view.peerEndpoint
    this.#peerEndpoint = view.peerEndpoint
    if (moved && view.peerHere) this.#flush((stream, now) => stream.resend(now))
    switch (view.state) {
      case 'ringing':
        return this.#on({ e: 'view-ringing', alerting: view.alerting })
      case 'active':
        return this.#on({ e: 'view-active', peer: view.peerHere })
      case 'ended':
        return this.#on({ e: 'view-ended', reason: view.reason ?? 'lost', text: view.text })
    }
  }

  /** The server merged this dial with the call the other person made to us: that one is ours from here on. @internal */
  merged(wireId: string): void {
    this.#wireId = wireId
    this.#role = 'callee'
    this.#dropPeer()
    this.#prepare()
  }

  /** The server refused, or the call cannot go on. @internal */
  failed(reason: EndReason): void {
    this.#on({ e: 'failed', reason })
  }

  /** My link to the server came or went. @internal */
  linked(up: boolean): void {
    if (!up) this.#peer?.linkDown()
    this.#on({ e: up ? 'link-up' : 'link-down' })
  }

  /** This page's network changed. @internal */
  networkChanged(): void {
    this.#peer?.networkChanged()
  }

  /** A signal of the other end. @internal */
  signalled(frame: SignalFrame): void {
    this.#flush((stream, now) => {
      const received = stream.receive(now, frame)
      if (!received.take) return
      if (received.fresh) this.#renew()
      this.#take(received.data)
    })
  }

  #on(event: CallEvent): void {
    const before = this.state
    const { phase, effects } = step(this.#phase, event, Date.now())
    this.#phase = phase
    for (const effect of effects) this.#do(effect)
    this.#minded()
    if (JSON.stringify(before) !== JSON.stringify(this.state)) this.emit('state', this.state)
    if (phase.at === 'ended' && before.kind !== 'ended') this.#host.ended(this)
  }

  /** Does not wait for ever for somebody who closed the page. */
  #minded(): void {
    const phase = this.#phase
    if (phase.at === 'active' && phase.link && !phase.peer && !phase.media) {
      this.#aloneTimer ??= setTimeout(() => this.failed('lost'), ALONE_PATIENCE_MS)
    } else {
      clearTimeout(this.#aloneTimer)
      this.#aloneTimer = undefined
    }
  }

  #do(effect: Effect): void {
    switch (effect) {
      case 'prepare':
        return this.#prepare()
      case 'open':
        return this.#open()
      case 'recover':
        this.#flush((stream, now) => stream.resend(now))
        return void this.#peer?.linkUp()
      case 'resume':
        this.#flush((stream, now) => stream.resend(now))
        return this.#peer?.peerUp()
      case 'say-accept':
        return this.#host.say('accept', this, this.#answerMedia)
      case 'say-decline':
        return this.#host.say('decline', this, this.#declineReason)
      case 'say-hang-up':
        return this.#host.say('hangup', this, '')
      case 'say-bye':
        return this.#say({ bye: true })
      case 'close':
        return this.#close()
    }
  }

  #choose({ stream }: MediaChoice): void {
    const audio = stream?.getAudioTracks()[0] ?? null
    const video = stream?.getVideoTracks()[0] ?? null
    this.#sending = { ...this.#sending, audio, video }
  }

  /** Makes the connection, so that a caller's candidates gather while it rings. Nothing leaves before `#open`. */
  #prepare(): void {
    const generation = ++this.#generation
    void this.#host.configuration().then((configuration) => {
      if (generation === this.#generation && this.#phase.at !== 'ended') this.#connect(configuration)
    })
  }

  #connect(configuration: RTCConfiguration): void {
    try {
      this.#peer = new Peer(this.#role, configuration, this.#sending, {
        send: (data) => this.#say(data),
        configuration: () => this.#host.configuration(),
        flowing: (flowing) => this.#flowing(flowing),
        tracks: () => this.#showTracks(),
        sending: () => this.#peerMedia.audio || this.#peerMedia.video,
        stalled: () => this.#host.suspect(),
      })
    } catch {
      return this.failed('failed')
    }
    if (this.#stream !== null) this.#peer.open()
    for (const data of this.#early.splice(0)) this.#take(data)
  }

  /** Both ends are known: the stream starts, first with all that was prepared, then with what I am sending. */
  #open(): void {
    this.#stream ??= new SignalStream(randomEpoch)
    this.#peer?.open()
    this.#tellState()
    this.#connectTimer = setTimeout(() => {
      if (this.state.kind === 'connecting') this.failed('unreachable')
    }, CONNECT_PATIENCE_MS)
  }

  /** The other page is new: so is everything between us, except what people see and hear. */
  #renew(): void {
    this.#dropPeer()
    this.#on({ e: 'media-down' })
    this.#tellState()
    this.#prepare()
  }

  #dropPeer(): void {
    this.#generation += 1
    this.#early = []
    this.#peer?.close()
    this.#peer = null
  }

  #take(data: SignalData): void {
    if ('bye' in data) return this.#on({ e: 'bye' })
    if ('nothing' in data) return
    if ('state' in data) return this.#hearState(data.state)
    if (this.#peer === null) return void this.#early.push(data)
    // A description the browser cannot apply leaves the call to recovery, which negotiates anew.
    this.#peer.take(data).catch(() => undefined)
  }

  #hearState(state: PeerMedia): void {
    if (JSON.stringify(state) === JSON.stringify(this.#peerMedia)) return
    this.#peerMedia = state
    this.emit('peer-media', state)
    this.#showTracks()
  }

  #tellState(): void {
    const { audio, video, screen } = this.#sending
    const sends = {
      audio: audio !== null && this.#enabled.audio,
      video: video !== null && this.#enabled.video,
      screen: screen !== null,
    }
    this.#say({ state: sends })
  }

  /** Into the stream; before the call is active there is none, and nothing is said. */
  #say(data: SignalData): void {
    this.#flush((stream, now) => stream.push(now, data))
    if (this.#stream?.overflowed === true && this.#phase.at === 'active') this.failed('failed')
  }

  #flush(action: (stream: SignalStream, now: number) => void): void {
    const stream = this.#stream
    if (stream === null) return
    action(stream, Date.now())
    for (const frame of stream.drain()) this.#host.signal(this.#wireId, frame)
    clearTimeout(this.#streamTimer)
    const { due } = stream
    if (due !== null && this.#phase.at === 'active') {
      this.#streamTimer = setTimeout(() => this.#flush((again, now) => again.tick(now)), Math.max(0, due - Date.now()))
    }
  }

  #flowing(flowing: boolean): void {
    this.#on({ e: flowing ? 'media-up' : 'media-down' })
  }

  /** Lets the remote streams hold exactly what arrives; the objects stay, so that players need not be touched. */
  #showTracks(): void {
    const { audio, video, screen } = this.#peer?.remote ?? { audio: null, video: null, screen: [] }
    if (setTracks(this.remote, [audio, this.#peerMedia.video ? video : null])) this.emit('remote', this.remote)
    this.#showScreen(this.#peerMedia.screen ? screen : [])
  }

  #showScreen(tracks: readonly MediaStreamTrack[]): void {
    const before = this.#remoteScreen
    if (tracks.length === 0) this.#remoteScreen = null
    else setTracks((this.#remoteScreen ??= new MediaStream()), tracks)
    if (before !== this.#remoteScreen) this.emit('screen', this.#remoteScreen)
  }

  #close(): void {
    clearTimeout(this.#streamTimer)
    clearTimeout(this.#connectTimer)
    this.#stream = null
    this.#dropPeer()
    stopTracks(this.#sending.screen)
    this.#sending = { audio: null, video: null, screen: null }
    this.#showTracks()
  }

  #mustLive(): void {
    if (this.#phase.at === 'ended') throw new MagpieError('ended', 'the call is over: dial again')
  }
}

/** Where a call stands that this page has not seen before. */
function found(view: View, since: number | null): Phase {
  if (view.state === 'ringing' && view.role === 'callee') return { at: 'incoming' }
  return { at: 'rejoining', active: view.state === 'active', peer: view.peerHere, since }
}

/** Exchanges the tracks of a stream; whether anything changed. */
function setTracks(stream: MediaStream, wanted: readonly (MediaStreamTrack | null)[]): boolean {
  const tracks = wanted.filter((track) => track !== null)
  const gone = stream.getTracks().filter((track) => !tracks.includes(track))
  const come = tracks.filter((track) => !stream.getTracks().includes(track))
  for (const track of gone) stream.removeTrack(track)
  for (const track of come) stream.addTrack(track)
  return gone.length + come.length > 0
}

function stopTracks(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}
