import type { Quality } from 'magpie-client/quality'
import { describe, expect, it } from 'vitest'
import { saying } from './say'
import { firstView, reduce, type CallEvent, type CallView } from './view'

describe('what a screen reader is told', () => {
  it('hears that their phone rings', () => {
    expect(after(caller(), { type: 'state', state: { kind: 'ringing', alerting: false }, now: 0 })).toBe('ringing')
    expect(after(caller(), { type: 'state', state: { kind: 'ringing', alerting: true }, now: 0 })).toBe(
      'theirPhoneRings',
    )
  })

  it('hears once that the call was answered, when media flows', () => {
    const connecting = reduce(caller(), { type: 'state', state: { kind: 'connecting' }, now: 0 })
    expect(saying(caller(), connecting)).toBeNull()
    expect(after(connecting, { type: 'state', state: { kind: 'connected', since: 0 }, now: 0 })).toBe('answered')
  })

  it('hears my own switches', () => {
    expect(after(live(), { type: 'mine', mine: { microphone: 'off' } })).toBe('muted')
    expect(after(live(), { type: 'mine', mine: { camera: 'on' } })).toBe('cameraOn')
    expect(after(live(), { type: 'mine', mine: { sharing: true } })).toBe('sharing')
  })

  it('hears a weak connection and its end', () => {
    const weak: CallEvent = { type: 'quality', quality: { level: 'weak', side: 'mine', relayed: false } as Quality }
    const good: CallEvent = { type: 'quality', quality: { level: 'good', side: 'unknown', relayed: false } as Quality }
    expect(after(live(), weak)).toBe('weak')
    expect(after(reduce(live(), weak), weak)).toBeNull()
    expect(after(reduce(live(), weak), good)).toBe('steady')
  })

  it('hears that the call is being reconnected and is back', () => {
    const lost = reduce(live(), { type: 'state', state: { kind: 'reconnecting', since: 1, cause: 'media' }, now: 1 })
    expect(saying(live(), lost)).toBe('reconnecting')
    expect(after(lost, { type: 'state', state: { kind: 'connected', since: 2 }, now: 2 })).toBe('back')
  })

  it('hears nothing when the controls fade', () => {
    expect(after(live(), { type: 'tick', now: 99_999 })).toBeNull()
  })
})

function after(view: CallView, event: CallEvent) {
  return saying(view, reduce(view, event))
}

function caller(): CallView {
  return firstView('caller', { kind: 'dialing' }, 0)
}

function live(): CallView {
  const withMedia = reduce(caller(), { type: 'mine', mine: { microphone: 'on', camera: 'off' } })
  return reduce(withMedia, { type: 'state', state: { kind: 'connected', since: 0 }, now: 0 })
}
