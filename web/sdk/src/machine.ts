/**
 * The states of a call as one endpoint sees them: a table with an answer for every state and every event.
 *
 * Pure. The server's machine decides; this one follows its views, and runs ahead only where waiting would be felt:
 * hanging up, declining and dialling take effect here at once and are said to the server until it has heard.
 */
import type { CallState, EndReason, InterruptionCause, ServerEndReason } from './types'

/** The state with all that its transitions need. */
export type Phase =
  | { readonly at: 'dialing' }
  | { readonly at: 'ringing'; readonly alerting: boolean }
  | { readonly at: 'incoming' }
  | { readonly at: 'accepting' }
  | { readonly at: 'rejoining'; readonly active: boolean; readonly peer: boolean; readonly since: number | null }
  | Active
  | { readonly at: 'ended'; readonly reason: EndReason; readonly text: string | null; readonly durationMs: number }

/** Answered. Whether it runs depends on three things, each up or down by itself. */
export interface Active {
  readonly at: 'active'
  /** Local time media first flowed. */
  readonly since: number | null
  readonly media: boolean
  /** My link to the server. */
  readonly link: boolean
  /** The other page's link to the server. */
  readonly peer: boolean
}

export type CallEvent =
  | { readonly e: 'view-ringing'; readonly alerting: boolean }
  | { readonly e: 'view-active'; readonly peer: boolean }
  | { readonly e: 'view-ended'; readonly reason: ServerEndReason; readonly text: string | null }
  /** The server refused the dial or the accept, or the call cannot go on. */
  | { readonly e: 'failed'; readonly reason: EndReason }
  | { readonly e: 'accept' }
  | { readonly e: 'rejoin' }
  | { readonly e: 'decline' }
  | { readonly e: 'hang-up' }
  /** The other page said goodbye in the signal stream. */
  | { readonly e: 'bye' }
  | { readonly e: 'media-up' }
  | { readonly e: 'media-down' }
  | { readonly e: 'link-up' }
  | { readonly e: 'link-down' }

/**
 * What to do about a transition.
 *
 * - `prepare`: make the media ready; nothing may leave this page yet
 * - `open`: the two endpoints may talk: start the signal stream
 * - `recover`: my link is back; say again what was not heard, and see to the media
 * - `resume`: the other page is back; the same, but its path did not run through a lost server
 * - `say-*`: the command of that name; `say-bye` goes through the signal stream
 * - `close`: let go of everything
 */
export type Effect =
  'prepare' | 'open' | 'recover' | 'resume' | 'say-accept' | 'say-decline' | 'say-hang-up' | 'say-bye' | 'close'

export interface Step {
  readonly phase: Phase
  readonly effects: readonly Effect[]
}

/**
 * Answers one event.
 *
 * @param now local time, milliseconds since 1970
 */
export function step(phase: Phase, event: CallEvent, now: number): Step {
  // The table's type pairs every handler with its own state and event, which the compiler cannot follow through two look-ups.
  const handler = TABLE[phase.at][event.e] as (phase: Phase, event: CallEvent, now: number) => Step
  return handler(phase, event, now)
}

/** The state as people and apps see it. */
export function describe(phase: Phase): CallState {
  switch (phase.at) {
    case 'ringing':
      return { kind: 'ringing', alerting: phase.alerting }
    case 'active':
      return describeActive(phase)
    case 'ended':
      return { kind: 'ended', reason: phase.reason, text: phase.text, durationMs: phase.durationMs }
    case 'dialing':
    case 'incoming':
    case 'accepting':
    case 'rejoining':
      return { kind: phase.at }
  }
}

function describeActive({ since, media, link, peer }: Active): CallState {
  if (since === null) return { kind: 'connecting' }
  const cause: InterruptionCause | null = !link ? 'signalling' : !peer ? 'peer' : !media ? 'media' : null
  return cause === null ? { kind: 'connected', since } : { kind: 'reconnecting', since, cause }
}

type Handler<P extends Phase['at'], E extends CallEvent['e']> = (
  phase: Extract<Phase, { at: P }>,
  event: Extract<CallEvent, { e: E }>,
  now: number,
) => Step

type Row<P extends Phase['at']> = { readonly [E in CallEvent['e']]: Handler<P, E> }

const stay = (phase: Phase): Step => ({ phase, effects: [] })
const go = (phase: Phase, ...effects: Effect[]): Step => ({ phase, effects })
const end = (reason: EndReason, text: string | null = null, ...effects: Effect[]): Step => ({
  phase: { at: 'ended', reason, text, durationMs: 0 },
  effects: [...effects, 'close'],
})
const activate = (peer: boolean, ...effects: Effect[]): Step =>
  go({ at: 'active', since: null, media: false, link: true, peer }, ...effects, 'open')

/** Ends a call in which two people have talked. */
const finish = (
  { since }: { readonly since: number | null },
  now: number,
  reason: EndReason,
  text: string | null,
  ...effects: Effect[]
): Step =>
  go({ at: 'ended', reason, text, durationMs: since === null ? 0 : Math.max(0, now - since) }, ...effects, 'close')

/** Ends as the server says. */
const ended = (_: Phase, event: Extract<CallEvent, { e: 'view-ended' }>): Step => end(event.reason, event.text)
const failed = (_: Phase, event: Extract<CallEvent, { e: 'failed' }>): Step => end(event.reason)

/** What means nothing before the call is active. */
const INERT = { bye: stay, 'media-up': stay, 'media-down': stay, 'link-up': stay, 'link-down': stay } as const

const outgoing = {
  ...INERT,
  'view-ringing': (_, { alerting }) => go({ at: 'ringing', alerting }),
  'view-active': (_, { peer }) => activate(peer),
  'view-ended': ended,
  failed,
  accept: stay,
  rejoin: stay,
  decline: () => end('cancelled', null, 'say-hang-up'),
  'hang-up': () => end('cancelled', null, 'say-hang-up'),
} satisfies Row<'dialing' | 'ringing'>

const incoming: Row<'incoming'> = {
  ...INERT,
  'view-ringing': stay,
  // Our own dial met theirs: the server has made one call of the two, and it is answered.
  'view-active': (_, { peer }) => activate(peer, 'prepare'),
  'view-ended': ended,
  failed,
  accept: () => go({ at: 'accepting' }, 'prepare', 'say-accept'),
  rejoin: stay,
  decline: () => end('declined', null, 'say-decline'),
  'hang-up': () => end('declined', null, 'say-decline'),
}

const accepting: Row<'accepting'> = {
  ...INERT,
  'view-ringing': stay,
  'view-active': (_, { peer }) => activate(peer),
  'view-ended': ended,
  failed,
  accept: stay,
  rejoin: stay,
  // The accept may have arrived: a hang-up ends the call either way, a decline only a ringing one.
  decline: () => end('hangup', null, 'say-hang-up'),
  'hang-up': () => end('hangup', null, 'say-hang-up'),
}

const rejoining: Row<'rejoining'> = {
  ...INERT,
  'view-ringing': stay,
  'view-active': (phase, { peer }) => go({ ...phase, active: true, peer }),
  'view-ended': (phase, { reason, text }, now) => finish(phase, now, reason, text),
  failed,
  accept: stay,
  rejoin: ({ active, peer, since }) =>
    active
      ? go({ at: 'active', since, media: false, link: true, peer }, 'prepare', 'open')
      : go({ at: 'ringing', alerting: false }, 'prepare'),
  decline: (phase, _, now) => finish(phase, now, 'hangup', null, 'say-hang-up'),
  'hang-up': (phase, _, now) => finish(phase, now, 'hangup', null, 'say-hang-up'),
}

const active: Row<'active'> = {
  'view-ringing': stay,
  'view-active': (phase, { peer }) => go({ ...phase, peer }, ...(peer && !phase.peer ? (['resume'] as const) : [])),
  'view-ended': (phase, { reason, text }, now) => finish(phase, now, reason, text),
  failed: (phase, { reason }, now) => finish(phase, now, reason, null, 'say-bye', 'say-hang-up'),
  accept: stay,
  rejoin: stay,
  decline: (phase, _, now) => finish(phase, now, 'hangup', null, 'say-bye', 'say-hang-up'),
  'hang-up': (phase, _, now) => finish(phase, now, 'hangup', null, 'say-bye', 'say-hang-up'),
  bye: (phase, _, now) => finish(phase, now, 'hangup', null, 'say-hang-up'),
  'media-up': (phase, _, now) => go({ ...phase, media: true, since: phase.since ?? now }),
  'media-down': (phase) => go({ ...phase, media: false }),
  'link-up': (phase) => (phase.link ? stay(phase) : go({ ...phase, link: true }, 'recover')),
  'link-down': (phase) => go({ ...phase, link: false }),
}

const over: Row<'ended'> = {
  ...INERT,
  'view-ringing': stay,
  'view-active': stay,
  'view-ended': stay,
  failed: stay,
  accept: stay,
  rejoin: stay,
  decline: stay,
  'hang-up': stay,
}

const TABLE: { readonly [P in Phase['at']]: Row<P> } = {
  dialing: outgoing,
  ringing: outgoing,
  incoming,
  accepting,
  rejoining,
  active,
  ended: over,
}
