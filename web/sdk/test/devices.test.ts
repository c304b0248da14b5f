import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { acquire, keepSpeaker, listDevices, loudness } from '../src/devices'
import { captureScreen } from '../src/screen'

type Kind = 'audio' | 'video'

/** What the browser does when asked for a kind: gives it, or throws this. */
interface Browser {
  audio: 'ok' | [name: string, message?: string]
  video: 'ok' | [name: string, message?: string]
  permissions: { microphone: PermissionState; camera: PermissionState }
  devices: MediaDeviceKind[]
  asked: string[]
}

let browser: Browser

beforeEach(() => {
  browser = {
    audio: 'ok',
    video: 'ok',
    permissions: { microphone: 'prompt', camera: 'prompt' },
    devices: [],
    asked: [],
  }
  vi.stubGlobal('window', { isSecureContext: true })
  vi.stubGlobal('MediaStream', Stream)
  vi.stubGlobal('navigator', {
    permissions: {
      query: ({ name }: { name: 'microphone' | 'camera' }) => Promise.resolve({ state: browser.permissions[name] }),
    },
    mediaDevices: {
      getUserMedia,
      enumerateDevices,
      addEventListener: () => undefined,
      getDisplayMedia: () => Promise.reject(new DOMException('', 'NotAllowedError')),
    },
  })
})
afterEach(() => vi.unstubAllGlobals())

describe('acquiring', () => {
  it('gives both in one question', async () => {
    expect(await kinds()).toEqual({ ok: true, kinds: 'audio video' })
    expect(browser.asked).toEqual(['audio video'])
  })

  it.each([
    [['NotAllowedError', 'Permission denied by system'], 'denied-by-system'],
    [['NotAllowedError', 'Permission dismissed'], 'dismissed'],
    [['NotReadableError', 'Could not start video source'], 'in-use'],
    [['AbortError', 'Starting videoinput failed'], 'in-use'],
    [['NotFoundError', 'Requested device not found'], 'not-found'],
    [['OverconstrainedError', ''], 'constraint'],
    [['SecurityError', ''], 'insecure'],
    [['TypeError', ''], 'unsupported'],
    [['Whatever', ''], 'unknown'],
  ] as const)('names %j %s', async ([name, message], failure) => {
    browser.video = [name, message]
    expect(await acquire({ audio: false, video: true })).toEqual({ ok: false, video: failure })
  })

  it('tells a refusal for good from a question that was closed', async () => {
    browser.video = ['NotAllowedError', 'Permission denied']
    expect(await acquire({ audio: false, video: true })).toMatchObject({ video: 'dismissed' })
    browser.permissions.camera = 'denied'
    expect(await acquire({ audio: false, video: true })).toMatchObject({ video: 'denied' })
  })

  it('knows that the system keeps a device back which the browser lists', async () => {
    browser.video = ['NotFoundError']
    browser.devices = ['videoinput']
    expect(await acquire({ audio: false, video: true })).toEqual({ ok: false, video: 'denied-by-system' })
  })

  it.each([
    ['NotFoundError', 'not-found'],
    ['NotReadableError', 'in-use'],
  ] as const)('goes on with the microphone when the camera fails with %s', async (name, failure) => {
    browser.video = [name]
    expect(await kinds()).toEqual({ ok: true, kinds: 'audio', missing: { video: failure } })
  })

  it('goes on with the camera when the microphone fails', async () => {
    browser.audio = ['NotFoundError']
    expect(await kinds()).toEqual({ ok: true, kinds: 'video', missing: { audio: 'not-found' } })
  })

  it('does not ask again after a refusal', async () => {
    browser.audio = browser.video = ['NotAllowedError', 'Permission denied']
    browser.permissions = { microphone: 'denied', camera: 'denied' }
    expect(await acquire({ audio: true, video: true })).toEqual({ ok: false, audio: 'denied', video: 'denied' })
    expect(browser.asked).toEqual(['audio video'])
  })

  it('takes the microphone that was allowed before when the camera is refused', async () => {
    browser.video = ['NotAllowedError', 'Permission denied']
    browser.permissions = { microphone: 'granted', camera: 'denied' }
    expect(await kinds()).toEqual({ ok: true, kinds: 'audio', missing: { video: 'denied' } })
    expect(browser.asked).toEqual(['audio video', 'audio'])
  })

  it('names both failures when nothing can be had', async () => {
    browser.audio = ['NotReadableError']
    browser.video = ['NotFoundError']
    expect(await acquire({ audio: true, video: true })).toEqual({ ok: false, audio: 'in-use', video: 'not-found' })
  })

  it('says that the page is insecure, or the browser too old', async () => {
    vi.stubGlobal('navigator', {})
    expect(await acquire({ audio: true, video: false })).toEqual({ ok: false, audio: 'unsupported' })
    vi.stubGlobal('window', { isSecureContext: false })
    expect(await acquire({ audio: true, video: true })).toEqual({ ok: false, audio: 'insecure', video: 'insecure' })
  })
})

it('devices are listed by use', async () => {
  browser.devices = ['audioinput', 'videoinput', 'videoinput', 'audiooutput']
  const { microphones, cameras, speakers } = await listDevices()
  expect([microphones.length, cameras.length, speakers.length]).toEqual([1, 2, 1])
})

it('closing the screen picker is a dismissal', async () => {
  expect(await captureScreen()).toEqual({ ok: false, failure: 'dismissed' })
})

describe('a chosen speaker', () => {
  it('is asked for again when there is sound to play, since Chromium refuses before', async () => {
    const element = new Element()
    element.refuses = true
    keepSpeaker(element as unknown as HTMLMediaElement, 'headset')
    await Promise.resolve()
    element.refuses = false
    element.dispatchEvent(new Event('playing'))
    await Promise.resolve()
    expect(element.sinkId).toBe('headset')
  })

  it('is not asked for once it plays, or after another was chosen', async () => {
    const element = new Element()
    const stop = keepSpeaker(element as unknown as HTMLMediaElement, 'headset')
    await Promise.resolve()
    element.dispatchEvent(new Event('playing'))
    stop()
    element.sinkId = ''
    element.dispatchEvent(new Event('playing'))
    expect(element.asked).toEqual(['headset'])
  })
})

it('loudness is 0 in silence, 1 at full scale, and half way at -30 dB', () => {
  const level = (amplitude: number) => loudness(new Float32Array(100).fill(amplitude))
  expect(level(0)).toBe(0)
  expect(level(1)).toBe(1)
  expect(level(10 ** (-30 / 20))).toBeCloseTo(0.5)
})

class Element extends EventTarget {
  sinkId = ''
  refuses = false
  readonly asked: string[] = []
  setSinkId(id: string): Promise<void> {
    this.asked.push(id)
    if (this.refuses) return Promise.reject(new DOMException('', 'AbortError'))
    this.sinkId = id
    return Promise.resolve()
  }
}

class Stream {
  constructor(readonly tracks: { kind: Kind }[] = []) {}
  getTracks() {
    return this.tracks
  }
}

async function kinds() {
  const got = await acquire({ audio: true, video: true })
  if (!got.ok) return got
  const { stream, ...rest } = got
  return {
    ...rest,
    kinds: stream
      .getTracks()
      .map(({ kind }) => kind)
      .join(' '),
  }
}

function getUserMedia(constraints: Partial<Record<Kind, unknown>>): Promise<Stream> {
  const wanted = (['audio', 'video'] as const).filter((kind) => constraints[kind] !== undefined)
  browser.asked.push(wanted.join(' '))
  for (const kind of [...wanted].reverse()) {
    const outcome = browser[kind]
    if (outcome !== 'ok') return Promise.reject(new DOMException(outcome[1] ?? '', outcome[0]))
  }
  return Promise.resolve(new Stream(wanted.map((kind) => ({ kind }))))
}

function enumerateDevices() {
  return Promise.resolve(browser.devices.map((kind, i) => ({ kind, deviceId: `id${i}`, label: '' })))
}
