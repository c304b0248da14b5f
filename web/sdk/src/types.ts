/** What a call carries: sound alone, or sound and picture. */
export type MediaKind = 'audio' | 'video'

/** What one may know of another person. */
export interface Card {
  /** Person id: the device id of that person's first device. */
  readonly id: string
  /** Nine digits without spaces; null where the server does not tell it. */
  readonly number: string | null
  readonly handle: string | null
  readonly name: string | null
}

/** A person in my contact list. */
export interface Contact extends Card {
  /** Null while the contact is not mutual: presence is then not told. */
  readonly online: boolean | null
}

/** One browser that speaks for a person. */
export interface Device {
  readonly id: string
  readonly label: string
  /** True for the device this page runs on. */
  readonly here: boolean
  /** Milliseconds since 1970, server clock. */
  readonly linkedAt: number
}

/** Myself, as the server knows me. */
export interface Me extends Card {
  readonly number: string
  readonly devices: readonly Device[]
}

/** A call that rang here while nobody answered. */
export interface Missed {
  readonly call: string
  readonly from: Card
  /** Milliseconds since 1970, server clock. */
  readonly at: number
  readonly media: MediaKind
}

/** What the server has told about me and mine. */
export interface Known {
  readonly me: Me
  readonly contacts: readonly Contact[]
  readonly missed: readonly Missed[]
  readonly blocked: readonly Card[]
}

/** Why a session cannot start; each needs other words and another next step. */
export type SessionFailure = 'unsupported' | 'insecure' | 'storage' | 'refused'

/** Where the session with the server stands. */
export type SessionState =
  | { readonly kind: 'starting' }
  | { readonly kind: 'connecting'; readonly attempt: number }
  | ({ readonly kind: 'online' } & Known)
  | {
      readonly kind: 'offline'
      /** Local time of the next attempt, milliseconds since 1970. */
      readonly retryAt: number
      readonly me: Me | null
      readonly contacts: readonly Contact[]
      readonly missed: readonly Missed[]
      readonly blocked: readonly Card[]
    }
  | { readonly kind: 'replaced' }
  | { readonly kind: 'failed'; readonly code: SessionFailure; readonly detail: string }

/** Reasons the server gives in a view. */
export type ServerEndReason =
  'hangup' | 'cancelled' | 'declined' | 'busy' | 'no-answer' | 'answered-elsewhere' | 'declined-elsewhere' | 'lost'

/** Reasons a call ends before or without the server's word. */
export type LocalEndReason =
  'unknown-person' | 'invite-used' | 'bad-number' | 'self' | 'busy-here' | 'rate' | 'gone' | 'unreachable' | 'failed'

/** Why a call is over. `unreachable`: no path for media was found; `failed`: the server refused or the browser could not. */
export type EndReason = ServerEndReason | LocalEndReason

/** What interrupts a running call: my link to the server, the media path, or the other page being away. */
export type InterruptionCause = 'signalling' | 'media' | 'peer'

/** Where a call stands. */
export type CallState =
  | { readonly kind: 'dialing' }
  | { readonly kind: 'ringing'; readonly alerting: boolean }
  | { readonly kind: 'incoming' }
  | { readonly kind: 'accepting' }
  | { readonly kind: 'rejoining' }
  | { readonly kind: 'connecting' }
  /** `since`: local time media first flowed, milliseconds since 1970; it stays through interruptions. */
  | { readonly kind: 'connected'; readonly since: number }
  | { readonly kind: 'reconnecting'; readonly since: number; readonly cause: InterruptionCause }
  | {
      readonly kind: 'ended'
      readonly reason: EndReason
      /** Words the callee declined with. */
      readonly text: string | null
      /** How long the two were connected. */
      readonly durationMs: number
    }

/** What I send in a call; `stream: null` only listens. */
export interface MediaChoice {
  readonly stream: MediaStream | null
  readonly media: MediaKind
}

/** What the other side says it is sending. */
export interface PeerMedia {
  readonly audio: boolean
  readonly video: boolean
  readonly screen: boolean
}

/** A code somebody else may use once. */
export interface OneTimeCode {
  readonly code: string
  readonly url: string
  /** Milliseconds since 1970, server clock. */
  readonly expires: number
}

/** Fields of a profile change; what is left out stays, a `handle` of null is freed. */
export interface ProfileChange {
  readonly name?: string
  readonly handle?: string | null
}
