import { act, cleanup, fireEvent, render, screen } from '@testing-library/react'
import type { Call, CallState, Magpie } from 'magpie-client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { lin } from '../gallery/fixtures'
import { startI18n } from '../i18n'
import { DEFAULT_PREFERENCES } from '../model/preferences'
import { Announcer } from '../ui'
import { CallStage } from './CallStage'
import { FakeStream, FakeTrack } from './media/fakes'

const browser = vi.hoisted(() => ({ acquire: vi.fn() }))
vi.mock('magpie-client/devices', () => ({
  acquire: browser.acquire,
  watchDevices: () => () => undefined,
  meter: () => () => undefined,
  keepSpeaker: () => () => undefined,
}))
vi.mock('magpie-client/quality', () => ({ watchQuality: () => () => undefined }))
vi.stubGlobal('MediaStream', FakeStream)
vi.spyOn(HTMLMediaElement.prototype, 'play').mockResolvedValue()

describe('an incoming call', () => {
  it('tells who calls and takes the focus, without a button under the Enter key', () => {
    show(new FakeCall('callee', { kind: 'incoming' }))
    const dialog = screen.getByRole('alertdialog', { name: 'Incoming call' })
    expect(dialog.textContent).toContain('Lin Qiao')
    expect(document.activeElement).toBe(dialog)
  })

  it('is answered with the media the person chose', async () => {
    const call = new FakeCall('callee', { kind: 'incoming' })
    show(call)
    fireEvent.click(screen.getByRole('button', { name: 'Answer with audio' }))
    await act(settled)
    expect(browser.acquire).toHaveBeenCalledWith({ audio: true, video: false })
    expect(call.accept).toHaveBeenCalledWith(expect.objectContaining({ media: 'audio' }))
  })

  it('is not answered by a letter typed a moment before it came', () => {
    const call = new FakeCall('callee', { kind: 'incoming' })
    show(call)
    fireEvent.keyDown(document.activeElement ?? document.body, { key: 'd' })
    expect(call.decline).not.toHaveBeenCalled()
  })

  it('goes away and says so when another device answers', () => {
    const call = new FakeCall('callee', { kind: 'incoming' })
    const { onClose } = show(call)
    act(() => call.go({ kind: 'ended', reason: 'answered-elsewhere', text: null, durationMs: 0 }))
    expect(screen.queryByRole('alertdialog')).toBeNull()
    expect(onClose).toHaveBeenCalled()
    expect(screen.getByRole('status').textContent).toBe('Answered on another device')
  })

  it('that nobody answered is shown as missed, with a way to call back', () => {
    const call = new FakeCall('callee', { kind: 'incoming' })
    const { redial } = show(call)
    act(() => call.go({ kind: 'ended', reason: 'cancelled', text: null, durationMs: 0 }))
    expect(screen.getByRole('region', { name: 'Call ended' }).textContent).toContain('Missed call')
    fireEvent.click(screen.getByRole('button', { name: 'Call back' }))
    expect(redial).toHaveBeenCalledWith(lin.id, 'video')
  })
})

describe('an outgoing call', () => {
  it('says what their phone does, and is cancelled by Escape', () => {
    const call = new FakeCall('caller', { kind: 'dialing' })
    show(call)
    act(() => call.go({ kind: 'ringing', alerting: true }))
    expect(screen.getByRole('region', { name: 'Outgoing call' }).textContent).toContain('Their phone is ringing')
    expect(screen.getByRole('status').textContent).toBe("Lin Qiao's phone is ringing")
    fireEvent.keyDown(window, { key: 'Escape' })
    expect(call.hangUp).toHaveBeenCalled()
  })

  it('shows the words it was declined with', () => {
    const call = new FakeCall('caller', { kind: 'ringing', alerting: false })
    show(call)
    act(() => call.go({ kind: 'ended', reason: 'declined', text: 'In a meeting until four.', durationMs: 0 }))
    expect(screen.getByText('In a meeting until four.')).toBeTruthy()
  })
})

describe('a call taken up after a reload', () => {
  it('opens the devices again and goes back in, once', async () => {
    const call = new FakeCall('caller', { kind: 'rejoining' })
    show(call)
    await act(settled)
    expect(call.rejoin).toHaveBeenCalledTimes(1)
    expect(call.rejoin).toHaveBeenCalledWith(expect.objectContaining({ media: 'video' }))
  })

  it('comes back muted when it was muted', async () => {
    sessionStorage.setItem('magpie.sending', JSON.stringify({ call: 'call', microphone: false, camera: false }))
    const microphone = new FakeTrack('audio')
    browser.acquire.mockResolvedValueOnce({ ok: true, stream: new FakeStream([microphone]) })
    const call = new FakeCall('caller', { kind: 'rejoining' })
    show(call)
    await act(settled)
    expect(call.rejoin).toHaveBeenCalledWith(expect.objectContaining({ media: 'audio' }))
    expect(microphone.enabled).toBe(false)
  })
})

beforeEach(() => {
  startI18n('en')
  sessionStorage.clear()
  browser.acquire.mockReset()
  browser.acquire.mockImplementation(() =>
    Promise.resolve({ ok: true, stream: new FakeStream([new FakeTrack('audio')]) }),
  )
})
afterEach(cleanup)

class FakeCall {
  readonly id = 'call'
  readonly peer = lin
  readonly media = 'video'
  readonly remote = new FakeStream()
  readonly remoteScreen = null
  readonly peerMedia = { audio: true, video: false, screen: false }
  readonly screen = null
  readonly connection = null
  readonly accept = vi.fn()
  readonly rejoin = vi.fn()
  readonly decline = vi.fn()
  readonly hangUp = vi.fn()
  readonly setEnabled = vi.fn()
  readonly #listeners = new Set<[string, (value: never) => void]>()

  constructor(
    readonly role: 'caller' | 'callee',
    public state: CallState,
  ) {}

  on(event: string, listener: (value: never) => void): () => void {
    const entry: [string, (value: never) => void] = [event, listener]
    this.#listeners.add(entry)
    return () => this.#listeners.delete(entry)
  }

  go(state: CallState): void {
    this.state = state
    for (const [event, listener] of [...this.#listeners]) if (event === 'state') listener(state as never)
  }
}

function show(call: FakeCall) {
  const [onClose, redial] = [vi.fn(), vi.fn()]
  const client = { session: { kind: 'starting' } } as unknown as Magpie
  render(
    <>
      <CallStage
        client={client}
        call={call as unknown as Call}
        prefs={DEFAULT_PREFERENCES}
        onPrefs={() => undefined}
        onClose={onClose}
        redial={redial}
      />
      <Announcer />
    </>,
  )
  return { onClose, redial }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}
