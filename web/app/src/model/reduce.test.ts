import { describe, expect, it } from 'vitest'
import type { Missed, SessionState } from 'magpie-client'
import type { Recent } from './recents'
import { reduce } from './reduce'
import { initialState, type AppEvent, type AppState } from './state'

describe('the frame of the page', () => {
  it('starts without a session, a call or a request', () => {
    expect(start()).toMatchObject({ session: { kind: 'starting' }, stage: null, linkRequests: [], claim: null })
  })

  it('lists a missed call once, however often the server tells of it', () => {
    const state = after(session([missed('a', 5)]), session([missed('a', 5), missed('b', 9)]), session([missed('b', 9)]))
    expect(state.recents.map(({ call, way }) => [call, way])).toEqual([
      ['b', 'missed'],
      ['a', 'missed'],
    ])
  })

  it('keeps missed calls in the list after the server forgot them as seen', () => {
    expect(after(session([missed('a', 5)]), session([])).recents).toHaveLength(1)
  })

  it('keeps its own line of a call that the server tells as missed', () => {
    expect(after({ type: 'call-over', recent: recent('a', 5) }, session([missed('a', 5)])).recents[0]?.way).toBe(
      'incoming',
    )
  })

  it('adds missed calls that came before the kept list was read', () => {
    const state = after(session([missed('a', 9)]), { type: 'recents-read', recents: [recent('b', 3)] })
    expect(state.recents.map(({ call }) => call)).toEqual(['a', 'b'])
  })

  it('puts the newest call first', () => {
    const state = after(
      { type: 'call-over', recent: recent('new', 9) },
      { type: 'call-over', recent: recent('old', 1) },
    )
    expect(state.recents.map(({ call }) => call)).toEqual(['new', 'old'])
  })

  it('keeps an ended call on stage until the person closes it', () => {
    const ended = after({ type: 'call', id: 'a' }, { type: 'call-over', recent: recent('a', 1) })
    expect(ended.stage).toBe('a')
    expect(reduce(ended, { type: 'call-closed' }).stage).toBeNull()
  })

  it('puts a new call on stage in place of an ended one', () => {
    expect(after({ type: 'call', id: 'a' }, { type: 'call', id: 'b' }).stage).toBe('b')
  })

  it('asks once about a device that asks twice', () => {
    const request = { device: 'd', label: 'Phone' }
    expect(after({ type: 'link-request', request }, { type: 'link-request', request }).linkRequests).toEqual([request])
  })

  it('puts the link code away once a device has taken it', () => {
    const state = after(
      { type: 'offering', on: true },
      { type: 'link-request', request: { device: 'd', label: 'Phone' } },
    )
    expect(state.offering).toBe(false)
  })

  it('forgets the request of a device that was answered', () => {
    expect(
      after({ type: 'link-request', request: { device: 'd', label: 'Phone' } }, { type: 'link-answered', device: 'd' })
        .linkRequests,
    ).toEqual([])
  })

  it('ends a claim when the device is linked', () => {
    expect(after({ type: 'claim', claim: { kind: 'waiting', code: 'X' } }, { type: 'linked' }).claim).toBeNull()
  })

  it('says when the other device turned this one down', () => {
    const state = after({ type: 'claim', claim: { kind: 'waiting', code: 'X' } }, { type: 'link-rejected' })
    expect(state.claim).toEqual({ kind: 'failed', code: 'X', error: 'link-rejected' })
  })

  it('answers every event in every state of the session without losing the route', () => {
    for (const state of sessions())
      for (const event of events())
        expect(reduce(state, event).route).toEqual(event.type === 'navigated' ? event.route : state.route)
  })

  it('returns the very same state when nothing changed', () => {
    const state = after({ type: 'call', id: 'a' })
    expect(reduce(state, { type: 'call', id: 'a' })).toBe(state)
    expect(reduce(start(), { type: 'call-closed' })).toEqual(start())
  })
})

const start = () => initialState({ kind: 'home' })
const after = (...all: AppEvent[]): AppState => all.reduce(reduce, start())
const card = { id: 'p', number: null, handle: 'lin', name: 'Lin' }
const missed = (call: string, at: number): Missed => ({ call, from: card, at, media: 'video' })
const recent = (call: string, at: number): Recent => ({
  call,
  peer: card,
  at,
  media: 'video',
  way: 'incoming',
  durationMs: 4,
})

function session(list: Missed[]): AppEvent {
  const me = { ...card, number: '417803533', devices: [] }
  return { type: 'session', session: { kind: 'online', me, contacts: [], missed: list, blocked: [] } }
}

function sessions(): AppState[] {
  const kinds: SessionState[] = [
    { kind: 'starting' },
    { kind: 'connecting', attempt: 2 },
    { kind: 'offline', retryAt: 1, me: null, contacts: [], missed: [], blocked: [] },
    { kind: 'replaced' },
    { kind: 'failed', code: 'storage', detail: '' },
  ]
  return [after(session([])), ...kinds.map((kind) => after({ type: 'session', session: kind }))]
}

function events(): AppEvent[] {
  const { preferences } = start()
  return [
    session([missed('m', 1)]),
    { type: 'navigated', route: { kind: 'trust' } },
    { type: 'preferences', preferences },
    { type: 'recents-read', recents: [] },
    { type: 'recents-cleared' },
    { type: 'call', id: 'a' },
    { type: 'call-over', recent: recent('a', 1) },
    { type: 'call-closed' },
    { type: 'link-request', request: { device: 'd', label: 'l' } },
    { type: 'link-answered', device: 'd' },
    { type: 'claim', claim: null },
    { type: 'linked' },
    { type: 'offering', on: true },
    { type: 'link-rejected' },
  ]
}
