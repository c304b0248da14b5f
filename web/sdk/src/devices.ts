/** Why a microphone, a camera or a screen could not be had. */
export type MediaFailure =
  | 'denied'
  | 'denied-by-system'
  | 'dismissed'
  | 'in-use'
  | 'not-found'
  | 'constraint'
  | 'insecure'
  | 'unsupported'
  | 'unknown'

/** What to ask for; a string is a device id. */
export interface MediaWish {
  readonly audio: boolean | string
  readonly video: boolean | string
  readonly facing?: 'user' | 'environment'
}

/** What could not be had, by kind. */
export interface MediaFailures {
  readonly audio?: MediaFailure
  readonly video?: MediaFailure
}

/** What came of asking. `missing` names what was wished for and is not in the stream. */
export type Acquired =
  | { readonly ok: true; readonly stream: MediaStream; readonly missing?: MediaFailures }
  | ({ readonly ok: false } & MediaFailures)

/** One device people can choose. */
export interface DeviceInfo {
  readonly id: string
  /** Empty until the person has allowed a device of this kind. */
  readonly label: string
}

/** All devices, by use. */
export interface DeviceList {
  readonly microphones: readonly DeviceInfo[]
  readonly cameras: readonly DeviceInfo[]
  readonly speakers: readonly DeviceInfo[]
}

type Kind = 'audio' | 'video'

/**
 * Asks for microphone and camera; what cannot be had is named, what can be had comes.
 *
 * People are asked once: when they refuse, only a device they had allowed before is tried again by itself.
 */
export async function acquire(wish: MediaWish): Promise<Acquired> {
  const wanted = (['audio', 'video'] as const).filter((kind) => wish[kind] !== false)
  if (!window.isSecureContext) return failed(wanted, 'insecure')
  if (mediaDevices() === null) return failed(wanted, 'unsupported')
  const all = await ask(wish, wanted)
  if (all.ok) return all
  if (wanted.length < 2) return failed(wanted, all.failure)
  if (all.failure === 'denied' || all.failure === 'dismissed') return settleForAllowed(wish)
  return combine(await ask(wish, ['audio']), await ask(wish, ['video']))
}

/** Names the failure behind an exception of getUserMedia or getDisplayMedia. */
export async function classify(error: unknown, kind: Kind | 'screen'): Promise<MediaFailure> {
  const name = error instanceof DOMException || error instanceof Error ? error.name : ''
  const message = error instanceof Error || error instanceof DOMException ? error.message : ''
  switch (name) {
    case 'NotFoundError':
    case 'DevicesNotFoundError':
      // Firefox says so too when macOS keeps the device from it.
      return (await exists(kind)) ? 'denied-by-system' : 'not-found'
    case 'NotReadableError':
    case 'TrackStartError':
    case 'AbortError':
      return 'in-use'
    case 'OverconstrainedError':
    case 'ConstraintNotSatisfiedError':
      return 'constraint'
    case 'SecurityError':
      return 'insecure'
    case 'TypeError':
      return 'unsupported'
    case 'NotAllowedError':
    case 'PermissionDeniedError':
      return refusal(message, kind)
    default:
      return 'unknown'
  }
}

/** The devices of this browser; null on an insecure page and in browsers without any. */
export function mediaDevices(): MediaDevices | null {
  return (navigator as { readonly mediaDevices?: MediaDevices }).mediaDevices ?? null
}

/** Who said no: the system, the person once and for all, or the person by closing the question. */
async function refusal(message: string, kind: Kind | 'screen'): Promise<MediaFailure> {
  if (/by system/i.test(message)) return 'denied-by-system'
  if (/dismissed/i.test(message)) return 'dismissed'
  if (kind === 'screen') return 'dismissed'
  const state = await permission(kind)
  return state === 'prompt' ? 'dismissed' : 'denied'
}

async function exists(kind: Kind | 'screen'): Promise<boolean> {
  const devices = await mediaDevices()?.enumerateDevices()
  return devices?.some((device) => device.kind === `${kind}input`) ?? false
}

async function permission(kind: Kind): Promise<PermissionState | null> {
  try {
    const name = (kind === 'audio' ? 'microphone' : 'camera') as PermissionName
    return (await navigator.permissions.query({ name })).state
  } catch {
    return null // Firefox before 131 and old Safari do not know these names
  }
}

type Attempt =
  { readonly ok: true; readonly stream: MediaStream } | { readonly ok: false; readonly failure: MediaFailure }

async function ask(wish: MediaWish, kinds: readonly Kind[]): Promise<Attempt> {
  const constraints: MediaStreamConstraints = {}
  if (kinds.includes('audio')) constraints.audio = audioConstraints(wish.audio)
  if (kinds.includes('video')) constraints.video = videoConstraints(wish)
  try {
    return { ok: true, stream: await navigator.mediaDevices.getUserMedia(constraints) }
  } catch (error) {
    return { ok: false, failure: await classify(error, kinds[0] ?? 'audio') }
  }
}

/** The person refused the two together: one of them may be allowed for good. */
async function settleForAllowed(wish: MediaWish): Promise<Acquired> {
  const [audio, video] = await Promise.all([askIfAllowed(wish, 'audio'), askIfAllowed(wish, 'video')])
  return combine(audio, video)
}

async function askIfAllowed(wish: MediaWish, kind: Kind): Promise<Attempt> {
  const state = await permission(kind)
  if (state === 'granted') return ask(wish, [kind])
  return { ok: false, failure: state === 'prompt' ? 'dismissed' : 'denied' }
}

function combine(audio: Attempt, video: Attempt): Acquired {
  if (audio.ok && video.ok) {
    return { ok: true, stream: new MediaStream([...audio.stream.getTracks(), ...video.stream.getTracks()]) }
  }
  if (audio.ok && !video.ok) return { ok: true, stream: audio.stream, missing: { video: video.failure } }
  if (video.ok && !audio.ok) return { ok: true, stream: video.stream, missing: { audio: audio.failure } }
  return { ok: false, ...(audio.ok ? {} : { audio: audio.failure }), ...(video.ok ? {} : { video: video.failure }) }
}

function audioConstraints(choice: boolean | string): MediaTrackConstraints {
  const processing = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }
  return typeof choice === 'string' ? { ...processing, deviceId: { exact: choice } } : processing
}

function videoConstraints(wish: MediaWish): MediaTrackConstraints {
  const size = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } }
  if (typeof wish.video === 'string') return { ...size, deviceId: { exact: wish.video } }
  return wish.facing === undefined ? size : { ...size, facingMode: wish.facing }
}

function failed(kinds: readonly Kind[], failure: MediaFailure): Acquired {
  return { ok: false, ...Object.fromEntries(kinds.map((kind) => [kind, failure])) }
}

/** Lists what can be chosen. Labels are empty before the first permission. */
export async function listDevices(): Promise<DeviceList> {
  const all = (await mediaDevices()?.enumerateDevices()) ?? []
  const of = (kind: MediaDeviceKind): DeviceInfo[] =>
    all
      .filter((device) => device.kind === kind && device.deviceId !== '')
      .map((device) => ({ id: device.deviceId, label: device.label }))
  return { microphones: of('audioinput'), cameras: of('videoinput'), speakers: of('audiooutput') }
}

/**
 * Tells the list now and at every plugging in or out.
 *
 * @returns a function that stops it
 */
export function watchDevices(listener: (devices: DeviceList) => void): () => void {
  let live = true
  const tell = () => void listDevices().then((devices) => live && listener(devices))
  tell()
  mediaDevices()?.addEventListener('devicechange', tell)
  return () => {
    live = false
    mediaDevices()?.removeEventListener('devicechange', tell)
  }
}

/**
 * Measures the loudness of a stream about 20 times a second.
 *
 * @param listener gets 0 (silence) to 1 (full scale), on a scale close to hearing
 * @returns a function that stops it
 */
export function meter(stream: MediaStream, listener: (level: number) => void): () => void {
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  analyser.fftSize = 1024
  const source = context.createMediaStreamSource(stream)
  source.connect(analyser)
  const samples = new Float32Array(analyser.fftSize)
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples)
    listener(loudness(samples))
  }, 50)
  return () => {
    clearInterval(timer)
    source.disconnect()
    void context.close()
  }
}

/** Root mean square on a decibel scale: -60 dB and less is 0, 0 dB is 1. */
export function loudness(samples: Float32Array): number {
  let sum = 0
  for (const sample of samples) sum += sample * sample
  const decibel = 10 * Math.log10(sum / samples.length || 1e-12)
  return Math.min(1, Math.max(0, 1 + decibel / 60))
}

/** Plays an element through a chosen speaker; false where the browser cannot or the device is gone. */
export async function setSpeaker(element: HTMLMediaElement, id: string): Promise<boolean> {
  if (typeof element.setSinkId !== 'function') return false
  try {
    await element.setSinkId(id)
    return true
  } catch {
    return false
  }
}

/**
 * Plays an element through a chosen speaker from now on.
 *
 * Chromium refuses a choice made before there is sound to play, so it is made again when playing begins; also when
 * devices come or go, so that a speaker plugged in again takes its place back.
 *
 * @param id `''` for the speaker the system chooses
 * @returns a function that stops it; the element keeps its speaker
 */
export function keepSpeaker(element: HTMLMediaElement, id: string): () => void {
  const over = new AbortController()
  const apply = () => void (element.sinkId === id || setSpeaker(element, id))
  for (const moment of ['loadedmetadata', 'playing']) element.addEventListener(moment, apply, { signal: over.signal })
  mediaDevices()?.addEventListener('devicechange', apply, { signal: over.signal })
  apply()
  return () => over.abort()
}
