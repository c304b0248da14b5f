import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Call, type CallHost } from '../src/call'
import { FakeStream, view } from './views'

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('MediaStream', FakeStream)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('a call whose other page is gone', () => {
  it('ends as lost after half a minute without it and its media', () => {
    const { call, said } = alone()
    vi.advanceTimersByTime(29_999)
    expect(call.state.kind).toBe('connecting')
    vi.advanceTimersByTime(1)
    expect(call.state).toMatchObject({ kind: 'ended', reason: 'lost' })
    expect(said).toEqual(['hangup'])
  })

  it('goes on when the page comes back in time', () => {
    const { call } = alone()
    vi.advanceTimersByTime(29_000)
    call.viewed(view({ v: 2, state: 'active', peerHere: true }))
    vi.advanceTimersByTime(10_000)
    expect(call.state.kind).toBe('connecting')
  })

  it('is not given up while my own link is down', () => {
    const { call } = alone()
    call.linked(false)
    vi.advanceTimersByTime(40_000)
    expect(call.state.kind).toBe('connecting')
  })
})

function alone(): { call: Call; said: string[] } {
  const said: string[] = []
  const host: CallHost = {
    linkUp: true,
    say: (command) => said.push(command),
    signal: () => undefined,
    suspect: () => undefined,
    configuration: () => new Promise(() => undefined),
    localTime: (time) => time,
    ended: () => undefined,
  }
  const call = new Call(host, { kind: 'view', view: view({ state: 'active', peerHere: false }) })
  call.rejoin({ stream: null, media: 'audio' })
  return { call, said }
}
