import type { EndReason } from 'magpie-client'
import { describe, expect, it } from 'vitest'
import { closesSilently, ending } from './ending'
import { firstView, reduce, type EndedView } from './view'

describe('the words for the end of a call', () => {
  it('call an unanswered call missed for the person called, whatever ended it', () => {
    for (const reason of ['cancelled', 'no-answer', 'lost'] as const) {
      expect(ending(ended('callee', reason))).toEqual({ key: 'missed', again: 'callback' })
    }
  })

  it('say who was busy, declined or did not answer to the caller', () => {
    expect(ending(ended('caller', 'busy'))).toEqual({ key: 'busy', again: 'redial' })
    expect(ending(ended('caller', 'declined')).key).toBe('declined')
    expect(ending(ended('caller', 'no-answer')).key).toBe('noAnswer')
  })

  it('do not offer a call again that cannot work', () => {
    expect(ending(ended('caller', 'unknown-person')).again).toBe('none')
    expect(ending(ended('caller', 'self')).again).toBe('none')
  })

  it('are left unsaid when another device or I myself ended the ringing', () => {
    expect(closesSilently(ended('callee', 'answered-elsewhere'))).toBe('answered-elsewhere')
    expect(closesSilently(ended('callee', 'declined'))).toBe('declined')
    expect(closesSilently(ended('caller', 'declined'))).toBeNull()
    expect(closesSilently(ended('callee', 'cancelled'))).toBeNull()
  })

  it('call a conversation that ended a conversation', () => {
    expect(ending({ ...ended('callee', 'hangup'), wasLive: true })).toEqual({ key: 'hangup', again: 'redial' })
  })
})

function ended(role: 'caller' | 'callee', reason: EndReason): EndedView {
  const view = firstView(role, role === 'caller' ? { kind: 'dialing' } : { kind: 'incoming' }, 0)
  return reduce(view, {
    type: 'state',
    state: { kind: 'ended', reason, text: null, durationMs: 0 },
    now: 0,
  }) as EndedView
}
