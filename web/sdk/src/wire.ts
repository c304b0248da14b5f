/**
 * The edge of the native protocol: text in, typed messages out. Nothing past this file sees unparsed JSON.
 */
import type { Card, Contact, Device, Known, Me, MediaKind, Missed, PeerMedia, ServerEndReason } from './types'

/** The view of a call as the server sends it, for one endpoint. */
export interface View {
  readonly id: string
  readonly v: number
  readonly state: 'ringing' | 'active' | 'ended'
  readonly role: 'caller' | 'callee'
  readonly peer: Card
  readonly media: { readonly caller: MediaKind; readonly callee: MediaKind | null }
  readonly startedAt: number
  readonly answeredAt: number | null
  readonly alerting: boolean
  readonly peerHere: boolean
  readonly peerEndpoint: string | null
  readonly reason: ServerEndReason | null
  readonly text: string | null
}

/** What two endpoints say to each other through the server. */
export type SignalData =
  | { readonly description: { readonly type: RTCSdpType; readonly sdp: string } }
  | { readonly candidate: RTCIceCandidateInit | null }
  | { readonly state: PeerMedia }
  | { readonly bye: true }
  /** What the server leaves of a signal that would have told the address of somebody who hides it. */
  | { readonly nothing: true }

/** One signal, or a bare acknowledgement where `item` is null. */
export interface SignalFrame {
  readonly e: number
  readonly ae: number
  readonly as: number
  readonly item: { readonly s: number; readonly d: SignalData } | null
}

export interface Welcome extends Known {
  readonly t: 'welcome'
  readonly endpoint: string
  readonly token: string
  readonly calls: readonly View[]
  readonly now: number
}

/** Everything the server sends. */
export type ServerMessage =
  | { readonly t: 'hello'; readonly nonce: string; readonly v: number }
  | Welcome
  | { readonly t: 'ok'; readonly n: number; readonly body: Fields }
  | {
      readonly t: 'error'
      readonly n: number | null
      readonly code: string
      readonly detail: string
      readonly retryAfter: number | null
    }
  | { readonly t: 'call'; readonly call: View }
  | { readonly t: 'signal'; readonly call: string; readonly frame: SignalFrame }
  | { readonly t: 'synced'; readonly now: number }
  | { readonly t: 'presence'; readonly id: string; readonly online: boolean }
  | { readonly t: 'missed'; readonly missed: Missed }
  | { readonly t: 'me'; readonly me: Me }
  | ({ readonly t: 'linked' } & Known)
  | { readonly t: 'contacts'; readonly contacts: readonly Contact[] }
  | { readonly t: 'blocked'; readonly blocked: readonly Card[] }
  | { readonly t: 'missed-cleared'; readonly upTo: number }
  | { readonly t: 'link-request'; readonly device: string; readonly label: string }
  | { readonly t: 'unlinked' }
  | { readonly t: 'drain'; readonly retryAfter: number }

/** Every command with its fields and the answer its `ok` carries. */
export interface Commands {
  dial: { fields: { call: string; to: string; media: MediaKind }; answer: string }
  accept: { fields: { call: string; media: MediaKind }; answer: null }
  decline: { fields: { call: string; reason: string }; answer: null }
  hangup: { fields: { call: string }; answer: null }
  lookup: { fields: { who: string }; answer: Card }
  profile: { fields: { name?: string; handle?: string | null }; answer: Me }
  'contact-add': { fields: { id: string; name?: string }; answer: readonly Contact[] }
  'contact-remove': { fields: { id: string }; answer: readonly Contact[] }
  block: { fields: { id: string }; answer: readonly Card[] }
  unblock: { fields: { id: string }; answer: readonly Card[] }
  'missed-seen': { fields: { upTo: number }; answer: null }
  invite: { fields: object; answer: Coupon }
  'link-offer': { fields: object; answer: Coupon }
  'link-claim': { fields: { code: string }; answer: string }
  'link-approve': { fields: { device: string; sig: string }; answer: Me }
  'link-reject': { fields: { device: string }; answer: null }
  unlink: { fields: { device: string }; answer: Me }
}
export type CommandName = keyof Commands

/** A code and when it ends. */
export interface Coupon {
  readonly code: string
  readonly expires: number
}

/** An object of which nothing is known yet. */
export type Fields = Readonly<Record<string, unknown>>

/**
 * Parses one frame.
 *
 * @returns null for what this version does not know or cannot read; such a message is passed over
 */
export function parseMessage(text: string): ServerMessage | null {
  try {
    const fields = object(JSON.parse(text))
    return Object.hasOwn(MESSAGES, string(fields.t)) ? MESSAGES[fields.t as Kind](fields) : null
  } catch {
    return null
  }
}

/**
 * Parses what an `ok` carries.
 *
 * @throws Malformed when a field is missing or of another type
 */
export function parseAnswer<C extends CommandName>(command: C, body: Fields): Commands[C]['answer'] {
  return ANSWERS[command](body)
}

/** Writes a signal as it goes over the wire. */
export function signalMessage(call: string, { item, ...head }: SignalFrame): object {
  return { t: 'signal', call, ...head, ...item }
}

class Malformed extends Error {}

type Kind = ServerMessage['t']

const MESSAGES: { readonly [T in Kind]: (f: Fields) => Extract<ServerMessage, { t: T }> } = {
  hello: (f) => ({ t: 'hello', nonce: string(f.nonce), v: number(f.v) }),
  welcome: (f) => ({
    t: 'welcome',
    ...known(f),
    endpoint: string(f.endpoint),
    token: string(f.token),
    calls: list(f.calls, view),
    now: number(f.now),
  }),
  ok: (f) => ({ t: 'ok', n: number(f.n), body: f }),
  error: (f) => ({
    t: 'error',
    n: optional(f.n, number),
    code: string(f.code),
    detail: optional(f.detail, string) ?? '',
    retryAfter: optional(f.retryAfter, number),
  }),
  call: (f) => ({ t: 'call', call: view(f.call) }),
  signal: (f) => ({ t: 'signal', call: string(f.call), frame: frame(f) }),
  synced: (f) => ({ t: 'synced', now: number(f.now) }),
  presence: (f) => ({ t: 'presence', id: string(f.id), online: boolean(f.online) }),
  missed: (f) => ({ t: 'missed', missed: missed(f.missed) }),
  me: (f) => ({ t: 'me', me: me(f.me) }),
  linked: (f) => ({ t: 'linked', ...known(f) }),
  contacts: (f) => ({ t: 'contacts', contacts: list(f.contacts, contact) }),
  blocked: (f) => ({ t: 'blocked', blocked: list(f.blocked, card) }),
  'missed-cleared': (f) => ({ t: 'missed-cleared', upTo: number(f.upTo) }),
  'link-request': (f) => ({ t: 'link-request', device: string(f.device), label: string(f.label) }),
  unlinked: () => ({ t: 'unlinked' }),
  drain: (f) => ({ t: 'drain', retryAfter: number(f.retryAfter) }),
}

const nothing = () => null
const coupon = (f: Fields): Coupon => ({ code: string(f.code), expires: number(f.expires) })
const contacts = (f: Fields) => list(f.contacts, contact)
const blocked = (f: Fields) => list(f.blocked, card)
const mine = (f: Fields) => me(f.me)

const ANSWERS: { readonly [C in CommandName]: (f: Fields) => Commands[C]['answer'] } = {
  dial: (f) => string(f.call),
  accept: nothing,
  decline: nothing,
  hangup: nothing,
  lookup: (f) => card(f.card),
  profile: mine,
  'contact-add': contacts,
  'contact-remove': contacts,
  block: blocked,
  unblock: blocked,
  'missed-seen': nothing,
  invite: coupon,
  'link-offer': coupon,
  'link-claim': (f) => string(f.person),
  'link-approve': mine,
  'link-reject': nothing,
  unlink: mine,
}

function view(value: unknown): View {
  const f = object(value)
  const media = object(f.media)
  return {
    id: string(f.id),
    v: number(f.v),
    state: one(f.state, ['ringing', 'active', 'ended']),
    role: one(f.role, ['caller', 'callee']),
    peer: card(f.peer),
    media: { caller: kind(media.caller), callee: maybe(media.callee, kind) },
    startedAt: number(f.startedAt),
    answeredAt: maybe(f.answeredAt, number),
    alerting: boolean(f.alerting),
    peerHere: boolean(f.peerHere),
    peerEndpoint: maybe(f.peerEndpoint, string),
    reason: maybe(f.reason, (reason) => one(reason, REASONS)),
    text: maybe(f.text, string),
  }
}

const REASONS = [
  'hangup',
  'cancelled',
  'declined',
  'busy',
  'no-answer',
  'answered-elsewhere',
  'declined-elsewhere',
  'lost',
] as const

const EPOCH_LAST = 2 ** 31 - 1
const DATA_LIMIT = 65_536

function frame(f: Fields): SignalFrame {
  const head = { e: between(f.e, 1, EPOCH_LAST), ae: between(f.ae, 0, EPOCH_LAST), as: between(f.as, 0, Infinity) }
  if (f.s === undefined && f.d === undefined) return { ...head, item: null }
  if (JSON.stringify(f.d).length > DATA_LIMIT) throw new Malformed()
  return { ...head, item: { s: between(f.s, 1, Infinity), d: signalData(f.d) } }
}

function signalData(value: unknown): SignalData {
  const f = object(value)
  if (f.description !== undefined) {
    const d = object(f.description)
    return { description: { type: one(d.type, ['offer', 'answer', 'pranswer', 'rollback']), sdp: string(d.sdp) } }
  }
  if (f.candidate !== undefined) return { candidate: maybe(f.candidate, candidate) }
  if (f.bye === true) return { bye: true }
  if (f.nothing === true) return { nothing: true }
  const state = object(f.state)
  return { state: { audio: boolean(state.audio), video: boolean(state.video), screen: boolean(state.screen) } }
}

function candidate(value: unknown): RTCIceCandidateInit {
  const f = object(value)
  return {
    candidate: string(f.candidate),
    sdpMid: optional(f.sdpMid, string),
    sdpMLineIndex: optional(f.sdpMLineIndex, number),
    usernameFragment: optional(f.usernameFragment, string),
  }
}

function card(value: unknown): Card {
  const f = object(value)
  return {
    id: string(f.id),
    number: maybe(f.number, string),
    handle: maybe(f.handle, string),
    name: maybe(f.name, string),
  }
}

function contact(value: unknown): Contact {
  return { ...card(value), online: maybe(object(value).online, boolean) }
}

function known(f: Fields): Known {
  return {
    me: me(f.me),
    contacts: list(f.contacts, contact),
    missed: list(f.missed, missed),
    blocked: list(f.blocked, card),
  }
}

function me(value: unknown): Me {
  const f = object(value)
  return { ...card(f), number: string(f.number), devices: list(f.devices, device) }
}

function device(value: unknown): Device {
  const f = object(value)
  return { id: string(f.id), label: string(f.label), here: boolean(f.here), linkedAt: number(f.linkedAt) }
}

function missed(value: unknown): Missed {
  const f = object(value)
  return { call: string(f.call), from: card(f.from), at: number(f.at), media: kind(f.media) }
}

const kind = (value: unknown): MediaKind => one(value, ['audio', 'video'])

function object(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed()
  return value as Fields
}

function string(value: unknown): string {
  if (typeof value !== 'string') throw new Malformed()
  return value
}

function number(value: unknown): number {
  if (typeof value !== 'number') throw new Malformed()
  return value
}

function between(value: unknown, first: number, last: number): number {
  const found = number(value)
  if (!Number.isInteger(found) || found < first || found > last) throw new Malformed()
  return found
}

function boolean(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Malformed()
  return value
}

function list<T>(value: unknown, item: (value: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new Malformed()
  return value.map(item)
}

/** What must be there, as null where there is none. */
function maybe<T>(value: unknown, parse: (value: unknown) => T): T | null {
  return value === null ? null : parse(value)
}

/** What may be left out. */
function optional<T>(value: unknown, parse: (value: unknown) => T): T | null {
  return value === undefined ? null : maybe(value, parse)
}

function one<T extends string>(value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value)
  if (found === undefined) throw new Malformed()
  return found
}
