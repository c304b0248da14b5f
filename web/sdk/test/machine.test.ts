import { describe as group, expect, it } from 'vitest'
import { describe, step, type CallEvent, type Effect, type Phase } from '../src/machine'

const NOW = 10_000

const phases = {
  dialing: { at: 'dialing' },
  ringing: { at: 'ringing', alerting: false },
  incoming: { at: 'incoming' },
  accepting: { at: 'accepting' },
  rejoining: { at: 'rejoining', active: true, peer: true, since: 4_000 },
  'rejoining a ringing call': { at: 'rejoining', active: false, peer: false, since: null },
  connecting: { at: 'active', since: null, media: false, link: true, peer: true },
  connected: { at: 'active', since: 4_000, media: true, link: true, peer: true },
  unlinked: { at: 'active', since: 4_000, media: true, link: false, peer: true },
  'without peer': { at: 'active', since: 4_000, media: true, link: true, peer: false },
  'without media': { at: 'active', since: 4_000, media: false, link: true, peer: true },
  ended: { at: 'ended', reason: 'busy', text: null, durationMs: 0 },
} as const satisfies Record<string, Phase>

const events = {
  'view-ringing': { e: 'view-ringing', alerting: true },
  'view-active': { e: 'view-active', peer: true },
  'view-active, peer away': { e: 'view-active', peer: false },
  'view-ended': { e: 'view-ended', reason: 'declined', text: 'Later' },
  failed: { e: 'failed', reason: 'unreachable' },
  accept: { e: 'accept' },
  rejoin: { e: 'rejoin' },
  decline: { e: 'decline' },
  'hang-up': { e: 'hang-up' },
  bye: { e: 'bye' },
  'media-up': { e: 'media-up' },
  'media-down': { e: 'media-down' },
  'link-up': { e: 'link-up' },
  'link-down': { e: 'link-down' },
} as const satisfies Record<string, CallEvent>

type PhaseName = keyof typeof phases
type EventName = keyof typeof events

/** Every pair that changes something, as `state: effects`; every other pair leaves all as it is. */
const CHANGES: { readonly [P in PhaseName]: { readonly [E in EventName]?: string } } = {
  dialing: outgoing(),
  ringing: outgoing(),
  incoming: {
    'view-active': 'connecting: prepare open',
    'view-active, peer away': 'connecting: prepare open',
    'view-ended': 'ended declined 0: close',
    failed: 'ended unreachable 0: close',
    accept: 'accepting: prepare say-accept',
    decline: 'ended declined 0: say-decline close',
    'hang-up': 'ended declined 0: say-decline close',
  },
  accepting: {
    'view-active': 'connecting: open',
    'view-active, peer away': 'connecting: open',
    'view-ended': 'ended declined 0: close',
    failed: 'ended unreachable 0: close',
    decline: 'ended hangup 0: say-hang-up close',
    'hang-up': 'ended hangup 0: say-hang-up close',
  },
  rejoining: {
    'view-active, peer away': 'rejoining: ',
    'view-ended': 'ended declined 6000: close',
    failed: 'ended unreachable 0: close',
    rejoin: 'reconnecting media: prepare open',
    decline: 'ended hangup 6000: say-hang-up close',
    'hang-up': 'ended hangup 6000: say-hang-up close',
  },
  'rejoining a ringing call': {
    'view-active': 'rejoining: ',
    'view-active, peer away': 'rejoining: ',
    'view-ended': 'ended declined 0: close',
    failed: 'ended unreachable 0: close',
    rejoin: 'ringing: prepare',
    decline: 'ended hangup 0: say-hang-up close',
    'hang-up': 'ended hangup 0: say-hang-up close',
  },
  connecting: {
    ...running('0'),
    'view-active, peer away': 'connecting: ',
    'media-up': 'connected: ',
    'link-down': 'connecting: ',
  },
  connected: {
    ...running('6000'),
    'view-active, peer away': 'reconnecting peer: ',
    'media-down': 'reconnecting media: ',
    'link-down': 'reconnecting signalling: ',
  },
  unlinked: {
    ...running('6000'),
    'view-active, peer away': 'reconnecting signalling: ',
    'media-down': 'reconnecting signalling: ',
    'link-up': 'connected: recover',
  },
  'without peer': {
    ...running('6000'),
    'view-active': 'connected: resume',
    'media-down': 'reconnecting peer: ',
    'link-down': 'reconnecting signalling: ',
  },
  'without media': {
    ...running('6000'),
    'view-active, peer away': 'reconnecting peer: ',
    'media-up': 'connected: ',
    'link-down': 'reconnecting signalling: ',
  },
  ended: {},
}

group('the call machine', () => {
  const pairs = (Object.keys(phases) as PhaseName[]).flatMap((phase) =>
    (Object.keys(events) as EventName[]).map((event) => [phase, event] as const),
  )

  it.each(pairs)('%s, %s', (from, event) => {
    const before: Phase = phases[from]
    const after = step(before, events[event], NOW)
    const expected = CHANGES[from][event]
    if (expected === undefined) {
      expect(after.effects).toEqual([])
      expect(describe(after.phase)).toEqual(
        from === 'dialing' || from === 'ringing' ? describe(after.phase) : describe(before),
      )
    } else {
      expect(`${brief(after.phase)}: ${after.effects.join(' ')}`).toBe(expected)
    }
  })

  it('shows alerting while it rings', () => {
    const { phase } = step({ at: 'dialing' }, { e: 'view-ringing', alerting: true }, NOW)
    expect(describe(phase)).toEqual({ kind: 'ringing', alerting: true })
  })

  it('keeps the words a call was declined with', () => {
    const { phase } = step({ at: 'dialing' }, { e: 'view-ended', reason: 'declined', text: 'Later' }, NOW)
    expect(describe(phase)).toMatchObject({ reason: 'declined', text: 'Later' })
  })

  it('counts the duration from the first media, through interruptions', () => {
    let phase: Phase = phases.connecting
    for (const [at, event] of [
      [1_000, { e: 'media-up' }],
      [2_000, { e: 'media-down' }],
      [3_000, { e: 'link-down' }],
      [4_000, { e: 'link-up' }],
      [5_000, { e: 'media-up' }],
      [9_000, { e: 'hang-up' }],
    ] as const satisfies readonly (readonly [number, CallEvent])[]) {
      phase = step(phase, event, at).phase
    }
    expect(describe(phase)).toMatchObject({ kind: 'ended', durationMs: 8_000 })
  })

  it('closes exactly once on every way to the end', () => {
    for (const [from, event] of pairs) {
      const { phase, effects } = step(phases[from], events[event], NOW)
      const ends = phase.at === 'ended' && from !== 'ended'
      expect(effects.filter((effect: Effect) => effect === 'close')).toHaveLength(ends ? 1 : 0)
    }
  })

  it('says nothing to the other page before the call is active', () => {
    for (const [from, event] of pairs) {
      if (phases[from].at === 'active') continue
      const { phase, effects } = step(phases[from], events[event], NOW)
      if (phase.at !== 'active') expect(effects).not.toContain('open')
      expect(effects).not.toContain('say-bye')
    }
  })
})

function outgoing() {
  return {
    'view-ringing': 'ringing: ',
    'view-active': 'connecting: open',
    'view-active, peer away': 'connecting: open',
    'view-ended': 'ended declined 0: close',
    failed: 'ended unreachable 0: close',
    decline: 'ended cancelled 0: say-hang-up close',
    'hang-up': 'ended cancelled 0: say-hang-up close',
  }
}

function running(duration: string) {
  return {
    'view-ended': `ended declined ${duration}: close`,
    failed: `ended unreachable ${duration}: say-bye say-hang-up close`,
    decline: `ended hangup ${duration}: say-bye say-hang-up close`,
    'hang-up': `ended hangup ${duration}: say-bye say-hang-up close`,
    bye: `ended hangup ${duration}: say-hang-up close`,
  }
}

function brief(phase: Phase): string {
  const state = describe(phase)
  if (state.kind === 'ended') return `ended ${state.reason} ${state.durationMs}`
  return state.kind === 'reconnecting' ? `reconnecting ${state.cause}` : state.kind
}
