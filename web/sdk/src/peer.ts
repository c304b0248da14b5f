import { Negotiation } from './negotiation'
import { downlink } from './network'
import { PATIENCE, Recovery } from './recovery'
import { withStartBitrate } from './sdp'
import { watchStall } from './stall'
import type { MediaKind } from './types'
import type { SignalData } from './wire'

/** What this page sends, whatever connection carries it. */
export interface Sending {
  readonly audio: MediaStreamTrack | null
  readonly video: MediaStreamTrack | null
  readonly screen: MediaStream | null
}

/** What a connection tells its call. */
export interface PeerOwner {
  send(data: SignalData): void
  /** A configuration with credentials that are good now. */
  configuration(): Promise<RTCConfiguration>
  /** Media flows, or no longer does. */
  flowing(flowing: boolean): void
  /** Remote tracks came or went. */
  tracks(): void
  /** Whether the other side says that it sends sound or picture. */
  sending(): boolean
  /** Media that flowed no longer arrives. */
  stalled(): void
}

/** The tracks of the other side, by use. */
export interface RemoteTracks {
  readonly audio: MediaStreamTrack | null
  readonly video: MediaStreamTrack | null
  readonly screen: readonly MediaStreamTrack[]
}

/**
 * One RTCPeerConnection and its upkeep, between this page and one load of the other page.
 *
 * The first two transceivers carry microphone and camera and are always negotiated both ways, so that muting, switching and
 * upgrading an audio call exchange tracks without a word to the other side; a shared screen adds transceivers of its own.
 */
export class Peer {
  readonly connection: RTCPeerConnection
  readonly #owner: PeerOwner
  readonly #negotiation: Negotiation
  readonly #recovery: Recovery
  #sending: Sending
  #base: { readonly audio: RTCRtpTransceiver; readonly video: RTCRtpTransceiver } | null = null
  #screen: RTCRtpTransceiver[] = []
  readonly #unwatch: () => void

  constructor(role: 'caller' | 'callee', configuration: RTCConfiguration, sending: Sending, owner: PeerOwner) {
    this.#owner = owner
    this.#sending = sending
    const pc = new RTCPeerConnection(configuration)
    this.connection = pc
    this.#recovery = new Recovery(PATIENCE[role], () => void this.#restart())
    this.#negotiation = new Negotiation(pc, role === 'callee', {
      send: (data) => owner.send(data),
      offered: () => this.#offered(),
      settled: () => owner.tracks(),
    })
    pc.ontrack = () => owner.tracks()
    pc.oniceconnectionstatechange = () => this.#recovery.ice(pc.iceConnectionState)
    pc.onconnectionstatechange = () => owner.flowing(pc.connectionState === 'connected')
    this.#unwatch = watchStall(
      () => this.#received(),
      () => this.#stalled(),
    )
    if (role === 'caller') this.#begin()
  }

  /** From here on the other side may hear us. */
  open(): void {
    this.#negotiation.open()
  }

  /** Takes a description or a candidate of the other side. */
  async take(data: Extract<SignalData, { description: unknown } | { candidate: unknown }>): Promise<void> {
    if ('candidate' in data) return this.#negotiation.candidate(data.candidate)
    const { type, sdp } = data.description
    if (type === 'offer') this.#recovery.negotiated()
    return this.#negotiation.description({ type, sdp: withStartBitrate(sdp, downlink()) })
  }

  /** Sends this track from now on, or nothing of that kind. */
  async setTrack(kind: MediaKind, track: MediaStreamTrack | null): Promise<void> {
    this.#sending = { ...this.#sending, [kind]: track }
    await this.#base?.[kind].sender.replaceTrack(track)
  }

  /** Shares a screen, or stops sharing. */
  async setScreen(screen: MediaStream | null): Promise<void> {
    this.#sending = { ...this.#sending, screen }
    if (this.#base !== null) await this.#applyScreen()
  }

  /** What arrives; the screen only while the other side sends one. */
  get remote(): RemoteTracks {
    const receiving = this.connection.getTransceivers().filter((transceiver) => this.#isRemoteScreen(transceiver))
    return {
      audio: this.#base?.audio.receiver.track ?? null,
      video: this.#base?.video.receiver.track ?? null,
      screen: receiving.map(({ receiver }) => receiver.track),
    }
  }

  /** Signalling went. */
  linkDown(): void {
    this.#recovery.linkDown()
  }

  /** Signalling is back. A relayed path may have died with the server it ran through. */
  async linkUp(): Promise<void> {
    this.#recovery.linkUp(await isRelayed(this.connection))
  }

  /** The other page is back in signalling. */
  peerUp(): void {
    this.#recovery.linkUp(false)
  }

  networkChanged(): void {
    this.#recovery.networkChanged()
  }

  close(): void {
    this.#unwatch()
    this.#recovery.close()
    const pc = this.connection
    pc.ontrack =
      pc.oniceconnectionstatechange =
      pc.onconnectionstatechange =
      pc.onicecandidate =
      pc.onnegotiationneeded =
        null
    pc.close()
  }

  /** The caller lays out the connection; the browser then asks for an offer by itself. */
  #begin(): void {
    const { audio, video } = this.#sending
    this.#base = {
      audio: this.connection.addTransceiver(audio ?? 'audio', { direction: 'sendrecv' }),
      video: this.connection.addTransceiver(video ?? 'video', { direction: 'sendrecv' }),
    }
    void this.#applyScreen()
  }

  /** An offer is in place: the first one brings the transceivers the callee answers on. */
  #offered(): void {
    if (this.#base !== null) return
    const offered = this.connection.getTransceivers()
    const audio = offered.find(({ receiver }) => receiver.track.kind === 'audio')
    const video = offered.find(({ receiver }) => receiver.track.kind === 'video')
    if (audio === undefined || video === undefined) return
    this.#base = { audio, video }
    for (const kind of ['audio', 'video'] as const) {
      this.#base[kind].direction = 'sendrecv'
      void this.#base[kind].sender.replaceTrack(this.#sending[kind])
    }
    void this.#applyScreen()
  }

  async #applyScreen(): Promise<void> {
    const { screen } = this.#sending
    for (const kind of ['video', 'audio'] as const) {
      const track = screen?.getTracks().find((candidate) => candidate.kind === kind) ?? null
      await this.#applyScreenTrack(kind, track, screen)
    }
  }

  async #applyScreenTrack(kind: MediaKind, track: MediaStreamTrack | null, screen: MediaStream | null): Promise<void> {
    const used = this.#screen.find(({ receiver }) => receiver.track.kind === kind)
    if (used !== undefined) {
      used.direction = track === null ? 'inactive' : 'sendonly'
      return used.sender.replaceTrack(track)
    }
    if (track === null || screen === null) return
    this.#screen.push(this.connection.addTransceiver(track, { direction: 'sendonly', streams: [screen] }))
  }

  #isRemoteScreen(transceiver: RTCRtpTransceiver): boolean {
    if (transceiver === this.#base?.audio || transceiver === this.#base?.video || this.#screen.includes(transceiver))
      return false
    return this.#base !== null && (transceiver.currentDirection ?? transceiver.direction).includes('recv')
  }

  /** Packets of sound and picture so far; null while there is nothing to expect. */
  async #received(): Promise<number | null> {
    const base = this.#base
    if (base === null || this.connection.connectionState !== 'connected' || !this.#owner.sending()) return null
    const reports = await Promise.all([base.audio.receiver.getStats(), base.video.receiver.getStats()])
    return reports.reduce((sum, report) => sum + packets(report), 0)
  }

  #stalled(): void {
    this.#owner.stalled()
    this.#recovery.stalled()
  }

  async #restart(): Promise<void> {
    const configuration = await this.#owner.configuration()
    if (this.connection.signalingState === 'closed') return
    this.connection.setConfiguration({ ...this.connection.getConfiguration(), ...configuration })
    this.connection.restartIce()
  }
}

function packets(report: ReadonlyMap<string, Readonly<Record<string, unknown>>>): number {
  let sum = 0
  for (const { type, packetsReceived } of report.values()) {
    if (type === 'inbound-rtp' && typeof packetsReceived === 'number') sum += packetsReceived
  }
  return sum
}

/** Whether the path in use runs through a relay, on either side. */
async function isRelayed(connection: RTCPeerConnection): Promise<boolean> {
  const stats: ReadonlyMap<string, Readonly<Record<string, unknown>>> = await connection.getStats()
  for (const { type, nominated, state, localCandidateId, remoteCandidateId } of stats.values()) {
    if (type !== 'candidate-pair' || nominated !== true || state !== 'succeeded') continue
    const ends = [localCandidateId, remoteCandidateId].map((id) => stats.get(String(id)))
    if (ends.some((end) => end?.candidateType === 'relay')) return true
  }
  return false
}
