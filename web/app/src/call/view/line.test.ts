import type { Quality } from 'magpie-client/quality'
import { describe, expect, it } from 'vitest'
import { topLine } from './line'
import { firstView, reduce, type LiveView } from './view'

describe('the line at the top', () => {
  it('is not there when all is well', () => {
    expect(topLine(live({}))).toBeNull()
    expect(topLine(live({ link: { kind: 'connecting' } }))).toBeNull()
  })

  it('says why the call is being reconnected', () => {
    expect(topLine(live({ link: { kind: 'reconnecting', cause: 'media' } }))?.key).toBe('line.reconnecting.media')
    expect(topLine(live({ link: { kind: 'reconnecting', cause: 'peer' } }))?.key).toBe('line.away')
  })

  it('says on whose side the connection is weak', () => {
    expect(topLine(live({ quality: quality({ level: 'weak', side: 'theirs' }) }))).toEqual({
      tone: 'warn',
      key: 'line.weak.theirs',
    })
  })

  it('says that they are muted, unless something worse is to be said', () => {
    const muted = { audio: false, video: true, screen: false }
    expect(topLine(live({ theirs: muted }))?.key).toBe('line.peerMuted')
    expect(topLine(live({ theirs: muted, quality: quality({ level: 'weak', side: 'mine' }) }))?.key).toBe(
      'line.weak.mine',
    )
  })

  it('says that I share my screen as long as I do', () => {
    const mine = { microphone: 'on', camera: 'on', sharing: true } as const
    expect(topLine(live({ mine, controls: 'faded' }))?.key).toBe('line.sharing')
  })

  it('mentions the relay only beside the controls', () => {
    const relayed = quality({ relayed: true })
    expect(topLine(live({ quality: relayed }))?.key).toBe('line.relayed')
    expect(topLine(live({ quality: relayed, controls: 'faded' }))).toBeNull()
  })
})

function live(change: Partial<LiveView>): LiveView {
  const view = reduce(firstView('caller', { kind: 'dialing' }, 0), {
    type: 'state',
    state: { kind: 'connected', since: 0 },
    now: 0,
  })
  return { ...(view as LiveView), ...change }
}

function quality(change: Partial<Quality>): Quality {
  return { level: 'good', side: 'unknown', relayed: false, ...change } as Quality
}
