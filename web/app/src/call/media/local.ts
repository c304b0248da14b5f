import type { Call, MediaKind } from 'magpie-client'
import { acquire, watchDevices, type DeviceList, type MediaFailure, type MediaWish } from 'magpie-client/devices'
import { captureScreen } from 'magpie-client/screen'
import type { Mine, Sending } from '../view/view'
import { rememberSending } from './memory'

/** What happened to my devices that the person should hear of. */
export type LocalNotice =
  | { kind: 'failed'; media: MediaKind | 'screen'; why: MediaFailure }
  /** The device was unplugged and another took its place. */
  | { kind: 'replaced'; media: MediaKind }
  /** The device was unplugged and there is no other. */
  | { kind: 'gone'; media: MediaKind }

export interface ChosenDevices {
  camera: string | null
  microphone: string | null
}

/**
 * My camera, microphone and screen during one call, from the answer to the end.
 * It lives as long as the call, not as long as a component, and lets go of every device when the call ends.
 */
export class LocalMedia {
  /** What my own picture shows; one object for the whole call, its tracks change. */
  readonly stream = new MediaStream()
  #facing: 'user' | 'environment' = 'user'
  #muted = false
  #sharing = false
  #chosen: ChosenDevices = { camera: null, microphone: null }
  #working: Promise<unknown> = Promise.resolve()
  #begun = false
  readonly #ending = new AbortController()
  readonly #call: Call
  readonly #listeners = new Set<() => void>()
  readonly #noticed = new Set<(notice: LocalNotice) => void>()
  readonly #leave: (() => void)[] = []

  constructor(call: Call) {
    this.#call = call
    this.#leave.push(call.on('state', (state) => state.kind === 'ended' && this.#end()))
    this.#leave.push(call.on('screen', () => this.#screenChanged()))
    this.#leave.push(watchDevices((devices) => this.#plugged(devices)))
  }

  /** Takes over what was opened before the call was dialled or answered; `null` only listens. */
  begin(stream: MediaStream | null, chosen: ChosenDevices): void {
    this.#chosen = chosen
    this.#begun = true
    stream?.getTracks().forEach((track) => this.#adopt(track))
    this.#muted = stream?.getAudioTracks().some((track) => !track.enabled) ?? false
    this.#tell()
  }

  get mine(): Mine {
    return { microphone: this.#sending('audio'), camera: this.#sending('video'), sharing: this.#sharing }
  }

  /** Which way the camera of a phone looks. */
  get facing(): 'user' | 'environment' {
    return this.#facing
  }

  /** The devices in use now, by id. */
  get inUse(): ChosenDevices {
    const id = (kind: MediaKind) => this.#track(kind)?.getSettings().deviceId ?? null
    return { camera: id('video'), microphone: id('audio') }
  }

  /** The devices asked for, by id; null for the browser's choice. */
  get chosen(): ChosenDevices {
    return this.#chosen
  }

  /** Aborted when the call is over. */
  get over(): AbortSignal {
    return this.#ending.signal
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  onNotice(listener: (notice: LocalNotice) => void): () => void {
    this.#noticed.add(listener)
    return () => this.#noticed.delete(listener)
  }

  /** Mutes or unmutes at once; opens a microphone if the call has none yet. */
  setMicrophone(on: boolean): void {
    this.#muted = !on
    const track = this.#track('audio')
    if (track) {
      track.enabled = on
      this.#call.setEnabled('audio', on)
    } else if (on) void this.#open('audio', { audio: this.#chosen.microphone ?? true, video: false })
    this.#tell()
  }

  /** Opens or releases the camera. Released, its light goes out; opened in an audio call, the call becomes one with video. */
  setCamera(on: boolean): void {
    if (on) void this.#open('video', this.#cameraWish())
    else void this.#inTurn(() => this.#replace('video', null))
  }

  /** Changes the microphone during the call; mute stays as it is. */
  useMicrophone(id: string): void {
    this.#chosen = { ...this.#chosen, microphone: id }
    void this.#open('audio', { audio: id, video: false })
  }

  /** Changes the camera during the call. */
  useCamera(id: string): void {
    this.#chosen = { ...this.#chosen, camera: id }
    if (this.#track('video')) void this.#open('video', { audio: false, video: id })
  }

  /** Sends what was opened elsewhere, as by the check. */
  take(stream: MediaStream, chosen: ChosenDevices): void {
    this.#chosen = chosen
    for (const track of stream.getTracks()) {
      if (track.kind === 'audio') this.#muted = false
      void this.#inTurn(() => this.#replace(track.kind as MediaKind, track))
    }
  }

  /** Turns to the other camera of a phone. Phones open one at a time, so the present one goes first. */
  flip(): void {
    this.#facing = this.#facing === 'user' ? 'environment' : 'user'
    this.#chosen = { ...this.#chosen, camera: null }
    this.#track('video')?.stop()
    void this.#open('video', this.#cameraWish())
  }

  /** To be called from a click: asks which screen, and shares it. */
  async share(): Promise<void> {
    const captured = await captureScreen()
    if (!captured.ok) {
      if (captured.failure !== 'dismissed') this.#notice({ kind: 'failed', media: 'screen', why: captured.failure })
      return
    }
    if (this.#ending.signal.aborted) {
      stopAll(captured.stream)
      return
    }
    captured.stream.getVideoTracks()[0]?.addEventListener('ended', () => void this.stopSharing())
    await this.#call.shareScreen(captured.stream).catch(() => stopAll(captured.stream))
    this.#screenChanged()
  }

  async stopSharing(): Promise<void> {
    const screen = this.#call.screen
    await this.#call.stopScreen().catch(() => undefined)
    if (screen) stopAll(screen)
    this.#screenChanged()
  }

  #sending(kind: MediaKind): Sending {
    const track = this.#track(kind)
    if (!track) return kind === 'video' ? 'off' : 'absent'
    return track.enabled ? 'on' : 'off'
  }

  #track(kind: MediaKind): MediaStreamTrack | null {
    return this.stream.getTracks().find((track) => track.kind === kind) ?? null
  }

  #cameraWish(): MediaWish {
    const { camera } = this.#chosen
    return camera === null ? { audio: false, video: true, facing: this.#facing } : { audio: false, video: camera }
  }

  #open(kind: MediaKind, wish: MediaWish): Promise<boolean> {
    return this.#inTurn(async () => {
      const acquired = await acquireWithin(wish)
      const track = acquired.ok ? acquired.stream.getTracks().find((each) => each.kind === kind) : undefined
      if (track && !this.#ending.signal.aborted) return this.#replace(kind, track)
      track?.stop()
      return this.#ending.signal.aborted
        ? false
        : this.#notOpened(kind, acquired.ok ? 'unknown' : (acquired[kind] ?? 'unknown'))
    })
  }

  async #notOpened(kind: MediaKind, why: MediaFailure): Promise<false> {
    // the one before may have been let go of to make room
    if (this.#track(kind)?.readyState === 'ended') await this.#replace(kind, null)
    this.#notice({ kind: 'failed', media: kind, why })
    this.#tell()
    return false
  }

  async #replace(kind: MediaKind, track: MediaStreamTrack | null): Promise<boolean> {
    const old = this.#track(kind)
    if (kind === 'audio' && track) track.enabled = !this.#muted
    const sent = await this.#call.setTrack(kind, track).then(
      () => true,
      () => false,
    )
    if (!sent && track) {
      track.stop()
      return false
    }
    if (old) this.#drop(old)
    if (track) this.#adopt(track)
    this.#tell()
    return sent
  }

  #adopt(track: MediaStreamTrack): void {
    this.stream.addTrack(track)
    track.addEventListener('ended', () => void this.#unplugged(track))
  }

  #drop(track: MediaStreamTrack): void {
    this.stream.removeTrack(track)
    track.stop()
  }

  /** Only the browser ends a track we hold: its device is gone, or the permission was taken back. */
  async #unplugged(track: MediaStreamTrack): Promise<void> {
    const kind = track.kind as MediaKind
    if (this.#ending.signal.aborted || this.#track(kind) !== track) return
    await this.#inTurn(async () => {
      const other = await acquireWithin({ audio: kind === 'audio', video: kind === 'video' })
      const next = other.ok ? (other.stream.getTracks()[0] ?? null) : null
      if (this.#ending.signal.aborted) return next?.stop()
      await this.#replace(kind, next)
      this.#notice({ kind: next ? 'replaced' : 'gone', media: kind })
    })
  }

  /** A chosen device that was plugged in again takes its place back. */
  #plugged(devices: DeviceList): void {
    const { microphone } = this.#chosen
    const here = devices.microphones.some((device) => device.id === microphone)
    if (microphone !== null && here && this.#track('audio') && this.inUse.microphone !== microphone)
      this.useMicrophone(microphone)
    this.#tell()
  }

  #screenChanged(): void {
    this.#sharing = this.#call.screen !== null
    this.#tell()
  }

  /** One change of a device at a time: two at once would leave a camera open that nobody shows. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#working.then(work, work)
    this.#working = done.catch(() => undefined)
    return done
  }

  #tell(): void {
    if (this.#begun && !this.#ending.signal.aborted) rememberSending(this.#call.id, this.mine)
    this.#listeners.forEach((listener) => listener())
  }

  #notice(notice: LocalNotice): void {
    this.#noticed.forEach((listener) => listener(notice))
  }

  #end(): void {
    this.#ending.abort()
    const screen = this.#call.screen
    if (screen) stopAll(screen)
    stopAll(this.stream)
    this.#leave.splice(0).forEach((leave) => leave())
    this.#tell()
  }
}

/** Lets go of every device of a stream. */
export function stopAll(stream: MediaStream): void {
  stream.getTracks().forEach((track) => track.stop())
}

/** Asks for devices; a chosen device that is not there any more is no reason to have none. */
export async function acquireWithin(wish: MediaWish): Promise<Awaited<ReturnType<typeof acquire>>> {
  const first = await acquire(wish)
  const stale = (why: MediaFailure | undefined) => why === 'constraint' || why === 'not-found'
  const failures = first.ok ? (first.missing ?? {}) : first
  const chosen = typeof wish.audio === 'string' || typeof wish.video === 'string'
  if (!chosen || !(stale(failures.audio) || stale(failures.video))) return first
  if (first.ok) stopAll(first.stream)
  return acquire({ ...wish, audio: wish.audio !== false, video: wish.video !== false })
}
