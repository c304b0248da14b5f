import type { CallState, EndReason } from 'magpie-client'
import type { Quality } from 'magpie-client/quality'
import { hear, silence, type Speech } from './speech'
import { count, noSamples, type Tally } from './tally'

/** What the page shows of one call. Every change of it goes through {@link reduce}; the components only draw it. */
export type CallView = OutgoingView | IncomingView | RejoiningView | LiveView | EndedView

/** I am calling: nobody has answered yet. */
export interface OutgoingView extends Shared {
  at: 'outgoing'
  step: 'dialing' | 'ringing' | 'alerting'
}

/** Somebody calls me. `preparing`: I chose an answer and my devices are being opened. */
export interface IncomingView extends Shared {
  at: 'incoming'
  step: 'ringing' | 'replying' | 'preparing'
}

/** This page was loaded again during a call and takes it up where it was. */
export interface RejoiningView extends Shared {
  at: 'rejoining'
}

/** Answered. The conversation, or the way to it. */
export interface LiveView extends Shared {
  at: 'live'
  link: Link
  /** When media first flowed, in ms since 1970; null until then. */
  since: number | null
  theirs: Theirs
  panel: Panel
  controls: 'shown' | 'faded'
  /** Keyboard focus or the pointer rests on the controls: they must not go. */
  held: boolean
  /** Last sign of the person, in ms since 1970. */
  activeAt: number
  speech: Speech
  quality: Quality | null
}

/** Over. `wasLive` tells a conversation from a call that nobody answered. */
export interface EndedView extends Shared {
  at: 'ended'
  reason: EndReason
  text: string | null
  durationMs: number
  wasLive: boolean
}

/** What outlives the steps of a call. */
export interface Shared {
  role: 'caller' | 'callee'
  mine: Mine
  corner: Corner
  tally: Tally
}

/** What I send. */
export interface Mine {
  microphone: Sending
  camera: Sending
  sharing: boolean
}

/** What the other side says it sends. */
export interface Theirs {
  audio: boolean
  video: boolean
  screen: boolean
}

/** `absent`: the call has no such device of mine. */
export type Sending = 'on' | 'off' | 'absent'
export type Link =
  { kind: 'connecting' } | { kind: 'connected' } | { kind: 'reconnecting'; cause: 'signalling' | 'media' | 'peer' }
export type Panel = 'closed' | 'more' | 'devices' | 'statistics'
export type Corner = 'top-left' | 'top-right' | 'bottom-left' | 'bottom-right'

export type CallEvent =
  | { type: 'state'; state: CallState; now: number }
  | { type: 'theirs'; theirs: Theirs }
  | { type: 'mine'; mine: Partial<Mine> }
  | { type: 'quality'; quality: Quality }
  | { type: 'level-while-muted'; level: number; now: number }
  | { type: 'activity'; now: number }
  | { type: 'hold'; held: boolean; now: number }
  | { type: 'tick'; now: number }
  | { type: 'panel'; panel: Panel; now: number }
  | { type: 'corner'; corner: Corner }
  | { type: 'reply'; open: boolean }
  | { type: 'preparing' }
  | { type: 'not-prepared' }

/** How long the controls stay after the last sign of the person, in ms. */
export const CONTROLS_STAY_MS = 3000

/** The view of a call that has just come to the page. */
export function firstView(role: 'caller' | 'callee', state: CallState, now: number): CallView {
  const mine: Mine = { microphone: 'absent', camera: 'absent', sharing: false }
  const shared: Shared = { role, mine, corner: 'top-right', tally: noSamples }
  return onState({ ...shared, at: 'outgoing', step: 'dialing' }, state, now)
}

/** The one place where a call's view changes. Pure: time comes in with the events. */
export function reduce(view: CallView, event: CallEvent): CallView {
  switch (event.type) {
    case 'state':
      return onState(view, event.state, event.now)
    case 'mine':
      return onMine(view, event.mine)
    case 'corner':
      return { ...view, corner: event.corner }
    case 'reply':
    case 'preparing':
    case 'not-prepared':
      return view.at === 'incoming' ? { ...view, step: incomingStep(view, event) } : view
    default:
      return view.at === 'live' ? onLive(view, event) : view
  }
}

/** When `reduce` next wants a `tick`, in ms since 1970; null while nothing is due. */
export function nextTick(view: CallView): number | null {
  if (view.at !== 'live') return null
  const fade = mayFade(view) ? view.activeAt + CONTROLS_STAY_MS : null
  const hush = view.speech.kind === 'noticed' ? view.speech.until : null
  if (fade === null || hush === null) return fade ?? hush
  return Math.min(fade, hush)
}

function onState(view: CallView, state: CallState, now: number): CallView {
  switch (state.kind) {
    case 'dialing':
      return { ...shared(view), at: 'outgoing', step: 'dialing' }
    case 'ringing':
      return { ...shared(view), at: 'outgoing', step: state.alerting ? 'alerting' : 'ringing' }
    case 'incoming':
      return view.at === 'incoming' ? view : { ...shared(view), at: 'incoming', step: 'ringing' }
    case 'rejoining':
      return { ...shared(view), at: 'rejoining' }
    case 'accepting':
    case 'connecting':
      return linked(view, view.at === 'live' && view.since !== null ? view.link : { kind: 'connecting' }, null, now)
    case 'connected':
      return linked(view, { kind: 'connected' }, state.since, now)
    case 'reconnecting':
      return linked(view, { kind: 'reconnecting', cause: state.cause }, null, now)
    case 'ended':
      return ended(view, state)
  }
}

function linked(view: CallView, link: Link, since: number | null, now: number): LiveView {
  const live = view.at === 'live' ? view : newLive(view, now)
  const firstMedia = live.since === null && since !== null
  return {
    ...live,
    link,
    since: live.since ?? since,
    ...(firstMedia ? { activeAt: now, controls: 'shown' as const } : {}),
  }
}

function newLive(view: CallView, now: number): LiveView {
  return {
    ...shared(view),
    at: 'live',
    link: { kind: 'connecting' },
    since: null,
    theirs: { audio: true, video: false, screen: false },
    panel: 'closed',
    controls: 'shown',
    held: false,
    activeAt: now,
    speech: silence,
    quality: null,
  }
}

function ended(view: CallView, state: Extract<CallState, { kind: 'ended' }>): EndedView {
  const { reason, text, durationMs } = state
  const wasLive = view.at === 'live' || view.at === 'rejoining' || durationMs > 0
  return { ...shared(view), at: 'ended', reason, text, durationMs, wasLive }
}

function shared(view: CallView): Shared {
  return { role: view.role, mine: view.mine, corner: view.corner, tally: view.tally }
}

function onMine(view: CallView, change: Partial<Mine>): CallView {
  const mine = { ...view.mine, ...change }
  if (view.at !== 'live') return { ...view, mine }
  return { ...view, mine, speech: mine.microphone === 'off' ? view.speech : silence }
}

type AnswerEvent = Extract<CallEvent, { type: 'reply' | 'preparing' | 'not-prepared' }>

function incomingStep(view: IncomingView, event: AnswerEvent): IncomingView['step'] {
  switch (event.type) {
    case 'preparing':
      return 'preparing'
    case 'not-prepared':
      return 'ringing'
    case 'reply':
      if (view.step === 'preparing') return view.step
      return event.open ? 'replying' : 'ringing'
  }
}

type LiveEvent = Exclude<CallEvent, AnswerEvent | { type: 'state' | 'mine' | 'corner' }>

function onLive(view: LiveView, event: LiveEvent): LiveView {
  switch (event.type) {
    case 'theirs':
      return { ...view, theirs: event.theirs }
    case 'quality':
      return { ...view, quality: event.quality, tally: count(view.tally, event.quality) }
    case 'level-while-muted':
      return view.mine.microphone === 'off' ? { ...view, speech: hear(view.speech, event.level, event.now) } : view
    case 'activity':
      return awake(view, event.now)
    case 'hold':
      return awake({ ...view, held: event.held }, event.now)
    case 'panel':
      return awake({ ...view, panel: event.panel }, event.now)
    case 'tick':
      return ticked(view, event.now)
  }
}

function awake(view: LiveView, now: number): LiveView {
  return { ...view, controls: 'shown', activeAt: now }
}

function ticked(view: LiveView, now: number): LiveView {
  const speech = view.speech.kind === 'noticed' && now >= view.speech.until ? silence : view.speech
  const fade = mayFade(view) && now >= view.activeAt + CONTROLS_STAY_MS
  return { ...view, speech, controls: fade ? 'faded' : view.controls }
}

/** Controls go only to uncover a picture, and never from under a finger, the focus or an open panel. */
function mayFade(view: LiveView): boolean {
  const picture = view.theirs.video || view.theirs.screen
  return view.controls === 'shown' && picture && view.link.kind === 'connected' && view.panel === 'closed' && !view.held
}
