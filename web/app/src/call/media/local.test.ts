import type { Call, CallState } from 'magpie-client'
import type { Acquired, MediaWish } from 'magpie-client/devices'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeStream, FakeTrack } from './fakes'
import { acquireWithin, LocalMedia, type LocalNotice } from './local'

const browser = vi.hoisted(() => ({ acquire: vi.fn<(wish: MediaWish) => Promise<Acquired>>(), captureScreen: vi.fn() }))
vi.mock('magpie-client/devices', () => ({ acquire: browser.acquire, watchDevices: () => () => undefined }))
vi.mock('magpie-client/screen', () => ({ captureScreen: browser.captureScreen }))
vi.stubGlobal('MediaStream', FakeStream)

describe('my devices in a call', () => {
  it('are muted at once, without letting the microphone go', () => {
    const { call, local, microphone } = inCall()
    local.setMicrophone(false)
    expect(call.setEnabled).toHaveBeenCalledWith('audio', false)
    expect(microphone).toMatchObject({ enabled: false, readyState: 'live' })
    expect(local.mine.microphone).toBe('off')
  })

  it('let the camera go when it is switched off, so that its light goes out', async () => {
    const { call, local, camera } = inCall()
    local.setCamera(false)
    await settled()
    expect(call.setTrack).toHaveBeenCalledWith('video', null)
    expect(camera.readyState).toBe('ended')
    expect(local.mine.camera).toBe('off')
  })

  it('make an audio call one with video when the camera is switched on', async () => {
    const { call, local } = inCall(new FakeTrack('audio'))
    const camera = opens(new FakeTrack('video'))
    local.setCamera(true)
    await settled()
    expect(call.setTrack).toHaveBeenCalledWith('video', camera)
    expect(local.mine).toEqual({ microphone: 'on', camera: 'on', sharing: false })
  })

  it('stay muted when the microphone is changed', async () => {
    const { local, microphone } = inCall()
    const headset = opens(new FakeTrack('audio', 'headset'))
    local.setMicrophone(false)
    local.useMicrophone('headset')
    await settled()
    expect(browser.acquire).toHaveBeenLastCalledWith({ audio: 'headset', video: false })
    expect(headset.enabled).toBe(false)
    expect(microphone.readyState).toBe('ended')
    expect(local.inUse.microphone).toBe('headset')
  })

  it('keep the old one when the call does not take the new one', async () => {
    const { call, local, microphone } = inCall()
    const headset = opens(new FakeTrack('audio', 'headset'))
    call.setTrack.mockRejectedValueOnce(new Error('ended'))
    local.useMicrophone('headset')
    await settled()
    expect(headset.readyState).toBe('ended')
    expect(microphone.readyState).toBe('live')
  })

  it('say why a camera could not be opened', async () => {
    const { local, notices } = inCall(new FakeTrack('audio'))
    browser.acquire.mockResolvedValueOnce({ ok: false, video: 'in-use' })
    local.setCamera(true)
    await settled()
    expect(notices).toEqual([{ kind: 'failed', media: 'video', why: 'in-use' }])
    expect(local.mine.camera).toBe('off')
  })

  it('turn to the other camera of a phone, letting the first go before', async () => {
    const { local, camera } = inCall()
    opens(new FakeTrack('video', 'rear'))
    local.flip()
    expect(camera.readyState).toBe('ended')
    await settled()
    expect(browser.acquire).toHaveBeenLastCalledWith({ audio: false, video: true, facing: 'environment' })
    expect(local.inUse.camera).toBe('rear')
  })
})

describe('a device that is unplugged', () => {
  it('is replaced by another', async () => {
    const { call, microphone, notices } = inCall()
    const other = opens(new FakeTrack('audio', 'built-in'))
    microphone.unplug()
    await settled()
    expect(call.setTrack).toHaveBeenCalledWith('audio', other)
    expect(notices).toEqual([{ kind: 'replaced', media: 'audio' }])
  })

  it('is missed when there is no other', async () => {
    const { local, microphone, notices } = inCall()
    browser.acquire.mockResolvedValueOnce({ ok: false, audio: 'not-found' })
    microphone.unplug()
    await settled()
    expect(notices).toEqual([{ kind: 'gone', media: 'audio' }])
    expect(local.mine.microphone).toBe('absent')
  })
})

describe('the end of a call', () => {
  it('lets go of every device and of the screen', () => {
    const { call, microphone, camera } = inCall()
    const shared = new FakeTrack('video')
    call.screen = new FakeStream([shared])
    call.tell({ kind: 'ended', reason: 'hangup', text: null, durationMs: 1 })
    expect([microphone, camera, shared].map(({ readyState }) => readyState)).toEqual(['ended', 'ended', 'ended'])
  })

  it('lets go of a camera that opens only after it', async () => {
    const { call, local } = inCall(new FakeTrack('audio'))
    const late = opens(new FakeTrack('video'))
    local.setCamera(true)
    call.tell({ kind: 'ended', reason: 'hangup', text: null, durationMs: 1 })
    await settled()
    expect(late.readyState).toBe('ended')
  })
})

describe('sharing the screen', () => {
  it('ends when the browser ends it', async () => {
    const { call, local } = inCall()
    const shared = new FakeTrack('video')
    browser.captureScreen.mockResolvedValueOnce({ ok: true, stream: new FakeStream([shared]) })
    await local.share()
    expect(local.mine.sharing).toBe(true)
    shared.unplug()
    await settled()
    expect(call.stopScreen).toHaveBeenCalled()
    expect(local.mine.sharing).toBe(false)
  })

  it('says nothing when the person closes the choice', async () => {
    const { local, notices } = inCall()
    browser.captureScreen.mockResolvedValueOnce({ ok: false, failure: 'dismissed' })
    await local.share()
    expect(notices).toEqual([])
  })
})

it('takes any device when the chosen one is not there any more', async () => {
  browser.acquire.mockResolvedValueOnce({ ok: false, video: 'constraint' })
  opens(new FakeTrack('video'))
  const acquired = await acquireWithin({ audio: false, video: 'sold-last-year' })
  expect(browser.acquire).toHaveBeenLastCalledWith({ audio: false, video: true })
  expect(acquired.ok).toBe(true)
})

beforeEach(() => {
  browser.acquire.mockReset()
})

class FakeCall {
  id = 'call'
  screen: FakeStream | null = null
  readonly setTrack = vi.fn(() => Promise.resolve())
  readonly setEnabled = vi.fn()
  readonly stopScreen = vi.fn(() => {
    this.screen = null
    return Promise.resolve()
  })
  readonly #listeners = new Map<string, (value: unknown) => void>()

  on(event: string, listener: (value: never) => void): () => void {
    this.#listeners.set(event, listener as (value: unknown) => void)
    return () => this.#listeners.delete(event)
  }
  shareScreen(stream: FakeStream): Promise<void> {
    this.screen = stream
    return Promise.resolve()
  }
  tell(state: CallState): void {
    this.#listeners.get('state')?.(state)
  }
}

function inCall(microphone = new FakeTrack('audio', 'desk'), camera = new FakeTrack('video', 'webcam')) {
  const call = new FakeCall()
  const local = new LocalMedia(call as unknown as Call)
  const notices: LocalNotice[] = []
  local.onNotice((notice) => notices.push(notice))
  const audioOnly = microphone.getSettings().deviceId === 'default'
  const stream = new FakeStream(audioOnly ? [microphone] : [microphone, camera])
  local.begin(stream as unknown as MediaStream, { camera: null, microphone: null })
  return { call, local, microphone, camera, notices }
}

/** The next question for a device is answered with this one. */
function opens(track: FakeTrack): FakeTrack {
  browser.acquire.mockResolvedValueOnce({ ok: true, stream: new FakeStream([track]) as unknown as MediaStream })
  return track
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve()
}
