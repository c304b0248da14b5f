import type { CallState } from 'magpie-client'
import type { Quality } from 'magpie-client/quality'
import { describe, expect, it } from 'vitest'
import { CONTROLS_STAY_MS, firstView, nextTick, reduce, type CallEvent, type CallView, type LiveView } from './view'

describe('the steps of a call', () => {
  it('goes from dialling over ringing to their telephone ringing', () => {
    const dialled = firstView('caller', { kind: 'dialing' }, 0)
    expect(dialled).toMatchObject({ at: 'outgoing', step: 'dialing' })
    const ringing = on(dialled, { kind: 'ringing', alerting: false })
    expect(ringing).toMatchObject({ at: 'outgoing', step: 'ringing' })
    expect(on(ringing, { kind: 'ringing', alerting: true })).toMatchObject({ at: 'outgoing', step: 'alerting' })
  })

  it('shows the conversation as soon as an answer is on its way', () => {
    expect(on(incoming(), { kind: 'accepting' })).toMatchObject({
      at: 'live',
      link: { kind: 'connecting' },
      since: null,
    })
  })

  it('keeps what I send from ringing into the conversation', () => {
    const ringing = reduce(incoming(), { type: 'mine', mine: { microphone: 'on', camera: 'off' } })
    expect(on(ringing, { kind: 'connecting' }).mine).toEqual({ microphone: 'on', camera: 'off', sharing: false })
  })

  it('counts the duration from the first media, not from a reconnection', () => {
    const again = on(on(live(), { kind: 'reconnecting', since: 9000, cause: 'media' }), {
      kind: 'connected',
      since: 12_000,
    })
    expect(again).toMatchObject({ since: 1000, link: { kind: 'connected' } })
  })

  it('keeps the choice of a reply open when the ringing is told again', () => {
    const replying = reduce(incoming(), { type: 'reply', open: true })
    expect(on(replying, { kind: 'incoming' })).toMatchObject({ step: 'replying' })
  })

  it('goes back to ringing when no device could be opened', () => {
    const preparing = reduce(incoming(), { type: 'preparing' })
    expect(preparing).toMatchObject({ step: 'preparing' })
    expect(reduce(preparing, { type: 'not-prepared' })).toMatchObject({ step: 'ringing' })
  })

  it('does not open the replies while an answer is being prepared', () => {
    const preparing = reduce(incoming(), { type: 'preparing' })
    expect(reduce(preparing, { type: 'reply', open: true })).toMatchObject({ step: 'preparing' })
  })

  it('tells a conversation from a call that nobody answered', () => {
    const end: CallState = { kind: 'ended', reason: 'hangup', text: null, durationMs: 0 }
    expect(on(live(), end)).toMatchObject({ at: 'ended', wasLive: true })
    expect(on(incoming(), end)).toMatchObject({ at: 'ended', wasLive: false })
  })

  it('takes a reloaded page through rejoining into the conversation', () => {
    const rejoining = firstView('callee', { kind: 'rejoining' }, 0)
    expect(rejoining.at).toBe('rejoining')
    expect(on(rejoining, { kind: 'connected', since: 5000 })).toMatchObject({ at: 'live', since: 5000 })
  })
})

describe('the controls', () => {
  it('fade three seconds after the last sign of the person', () => {
    const view = watching(live())
    expect(nextTick(view)).toBe(1000 + CONTROLS_STAY_MS)
    expect(tick(view, 3999)).toMatchObject({ controls: 'shown' })
    expect(tick(view, 4000)).toMatchObject({ controls: 'faded' })
  })

  it('come back on any sign of the person', () => {
    const back = reduce(tick(watching(live()), 4000), { type: 'activity', now: 6000 })
    expect(back).toMatchObject({ controls: 'shown', activeAt: 6000 })
    expect(nextTick(back)).toBe(9000)
  })

  it('stay while there is no picture to uncover', () => {
    expect(nextTick(live())).toBeNull()
    expect(tick(live(), 60_000)).toMatchObject({ controls: 'shown' })
  })

  it('stay while focus rests on them, while a panel is open and while reconnecting', () => {
    const held = reduce(watching(live()), { type: 'hold', held: true, now: 1500 })
    const open = reduce(watching(live()), { type: 'panel', panel: 'devices', now: 1500 })
    const lost = on(watching(live()), { kind: 'reconnecting', since: 1500, cause: 'media' })
    for (const view of [held, open, lost]) expect(tick(view, 60_000)).toMatchObject({ controls: 'shown' })
  })

  it('return when a panel closes and then fade again', () => {
    const open = reduce(watching(live()), { type: 'panel', panel: 'more', now: 2000 })
    const closed = reduce(open, { type: 'panel', panel: 'closed', now: 10_000 })
    expect(tick(closed, 12_999)).toMatchObject({ controls: 'shown' })
    expect(tick(closed, 13_000)).toMatchObject({ controls: 'faded' })
  })
})

describe('talking while muted', () => {
  it('is noticed and forgotten after a while', () => {
    const muted = reduce(live(), { type: 'mine', mine: { microphone: 'off' } })
    const talking = [0, 200, 400].reduce<CallView>(
      (view, now) => reduce(view, { type: 'level-while-muted', level: 0.5, now }),
      muted,
    )
    expect(talking).toMatchObject({ speech: { kind: 'noticed' } })
    expect(nextTick(talking)).toBe(4400)
    expect(tick(talking, 4400)).toMatchObject({ speech: { kind: 'silent' } })
  })

  it('is forgotten at once when I unmute', () => {
    const muted = reduce(live(), { type: 'mine', mine: { microphone: 'off' } })
    const talking = [0, 400].reduce<CallView>(
      (view, now) => reduce(view, { type: 'level-while-muted', level: 0.5, now }),
      muted,
    )
    expect(reduce(talking, { type: 'mine', mine: { microphone: 'on' } })).toMatchObject({ speech: { kind: 'silent' } })
  })

  it('is nothing while my microphone is on', () => {
    const heard = [0, 200, 900].reduce<CallView>(
      (view, now) => reduce(view, { type: 'level-while-muted', level: 0.9, now }),
      live(),
    )
    expect(heard).toMatchObject({ speech: { kind: 'silent' } })
  })
})

describe('any view', () => {
  it('survives every event that does not concern it', () => {
    const quality = { level: 'weak', side: 'mine', relayed: false } as Quality
    const events: CallEvent[] = [
      { type: 'theirs', theirs: { audio: true, video: true, screen: true } },
      { type: 'quality', quality },
      { type: 'level-while-muted', level: 1, now: 1 },
      { type: 'activity', now: 1 },
      { type: 'hold', held: true, now: 1 },
      { type: 'tick', now: 1 },
      { type: 'panel', panel: 'more', now: 1 },
      { type: 'reply', open: true },
      { type: 'preparing' },
    ]
    for (const view of [firstView('caller', { kind: 'dialing' }, 0), firstView('callee', { kind: 'rejoining' }, 0)]) {
      for (const event of events) expect(reduce(view, event)).toBe(view)
    }
    for (const event of events.slice(-2)) expect(reduce(live(), event)).toEqual(live())
  })

  it('carries the corner of my picture everywhere', () => {
    const moved = reduce(firstView('caller', { kind: 'dialing' }, 0), { type: 'corner', corner: 'bottom-left' })
    expect(on(moved, { kind: 'connecting' }).corner).toBe('bottom-left')
  })
})

function on(view: CallView, state: CallState): CallView {
  return reduce(view, { type: 'state', state, now: 1000 })
}

function incoming(): CallView {
  return firstView('callee', { kind: 'incoming' }, 0)
}

function live(): LiveView {
  const view = on(reduce(incoming(), { type: 'mine', mine: { microphone: 'on' } }), { kind: 'connected', since: 1000 })
  if (view.at !== 'live') throw new Error('not live')
  return view
}

function watching(view: LiveView): CallView {
  return reduce(view, { type: 'theirs', theirs: { audio: true, video: true, screen: false } })
}

function tick(view: CallView, now: number): CallView {
  return reduce(view, { type: 'tick', now })
}
