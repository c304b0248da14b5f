import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { Call, CallState, Card, Magpie, SessionState } from 'magpie-client'
import { first, lin, me, missed, online } from '../gallery/fixtures'
import { connect, recentOf } from './connect'
import { markSeen } from './missed'
import { initialState } from './state'
import { createStore, type Store } from './store'

let client: FakeClient
let store: Store
let callOnStage: (id: string) => Call | null

beforeEach(() => {
  localStorage.clear()
  history.replaceState(null, '', '/')
  begin()
})

describe('the session', () => {
  it('shows in the state as it changes', () => {
    client.say('session', first)
    expect(store.get().session).toBe(first)
  })

  it('brings back the calls kept for this person, and nobody else', () => {
    client.say('session', online)
    client.say('call', fakeCall('a'))
    client.end({ kind: 'ended', reason: 'hangup', text: null, durationMs: 9 })
    begin()
    client.say('session', { ...online, me: { ...me, id: 'somebody-else' }, missed: [] })
    expect(store.get().recents).toEqual([])
    client.say('session', { ...online, missed: [] })
    expect(store.get().recents.map(({ call }) => call)).toContain('a')
  })

  it('puts the code of an opened device link aside and clears the address bar', () => {
    history.replaceState(null, '', '/#link=K7QX2M4P')
    begin()
    expect(store.get().claim).toEqual({ kind: 'asking', code: 'K7QX2M4P' })
    expect(location.hash).toBe('')
  })

  it('follows the back button', () => {
    history.replaceState(null, '', '/settings')
    dispatchEvent(new PopStateEvent('popstate'))
    expect(store.get().route).toEqual({ kind: 'settings' })
  })
})

describe('a call', () => {
  it('comes on stage and stays there after its end', () => {
    const call = fakeCall('a')
    client.say('call', call)
    client.end({ kind: 'ended', reason: 'busy', text: null, durationMs: 0 })
    client.say('call', null)
    expect(store.get().stage).toBe('a')
    expect(callOnStage('a')).toBe(call)
    expect(callOnStage('b')).toBeNull()
  })

  it.each([
    ['caller', 'no-answer', 'outgoing'],
    ['callee', 'cancelled', 'missed'],
    ['callee', 'no-answer', 'missed'],
    ['callee', 'declined', 'incoming'],
    ['callee', 'answered-elsewhere', 'incoming'],
    ['callee', 'hangup', 'incoming'],
  ] as const)('of a %s that ends by %s is listed as %s', (role, reason, way) => {
    const state: CallState = { kind: 'ended', reason, text: null, durationMs: 0 }
    expect(recentOf({ id: 'a', media: 'video', peer: lin, role, state }, 5)).toMatchObject({ way, at: 5 })
  })

  it('that reached nobody is not listed', () => {
    const state: CallState = { kind: 'ended', reason: 'unknown-person', text: null, durationMs: 0 }
    expect(recentOf({ id: 'a', media: 'video', role: 'caller', peer: { ...lin, id: '' }, state }, 5)).toBeNull()
  })
})

describe('missed calls', () => {
  const seen = vi.fn(() => Promise.resolve())

  beforeEach(() => {
    seen.mockClear()
    markSeen({ missedSeen: seen }, store, document)
  })

  it('count as seen once, when the home screen lists them', () => {
    client.say('session', online)
    client.say('session', { ...online })
    expect(seen).toHaveBeenCalledExactlyOnceWith(missed[0]?.at)
  })

  it('do not count as seen on another page or behind a call', () => {
    store.dispatch({ type: 'navigated', route: { kind: 'settings' } })
    client.say('session', online)
    store.dispatch({ type: 'call', id: 'a' })
    store.dispatch({ type: 'navigated', route: { kind: 'home' } })
    expect(seen).not.toHaveBeenCalled()
    store.dispatch({ type: 'call-closed' })
    expect(seen).toHaveBeenCalledOnce()
  })
})

function begin(): void {
  client = new FakeClient()
  store = createStore(initialState({ kind: 'home' }))
  callOnStage = connect(client as unknown as Magpie, store, { storage: localStorage, window, now: () => 77 })
}

/** What the frame uses of the session: its events, said by the test. */
class FakeClient {
  session: SessionState = { kind: 'starting' }
  call: Call | null = null
  readonly #listeners = new Map<string, (payload: unknown) => void>()
  #current: FakeCall | null = null

  on(event: string, listener: (payload: never) => void): () => void {
    this.#listeners.set(event, listener as (payload: unknown) => void)
    return () => undefined
  }

  say(event: string, payload: unknown): void {
    if (event === 'call' && payload) this.#current = payload as FakeCall
    this.#listeners.get(event)?.(payload)
  }

  end(state: CallState): void {
    if (!this.#current) throw new Error('no call')
    this.#current.state = state
    this.#current.changed()
  }
}

interface FakeCall {
  id: string
  role: 'caller'
  peer: Card
  media: 'video'
  state: CallState
  on: (event: string, changed: () => void) => () => void
  changed: () => void
}

function fakeCall(id: string): FakeCall {
  let listener: (() => void) | null = null
  return {
    id,
    role: 'caller',
    peer: lin,
    media: 'video',
    state: { kind: 'dialing' },
    on: (_event, changed) => {
      listener = changed
      return () => undefined
    },
    changed: () => listener?.(),
  }
}
