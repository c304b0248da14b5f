import type { Me, SessionState } from 'magpie-client'
import { DEFAULT_PREFERENCES, type Preferences } from './preferences'
import type { Recent } from './recents'
import type { Route } from './route'

/** A device that asks to become one of mine. */
export interface LinkRequest {
  device: string
  label: string
}

/** A device-link code this page was opened with, and how far it got. */
export type LinkClaim =
  { kind: 'asking'; code: string } | { kind: 'waiting'; code: string } | { kind: 'failed'; code: string; error: string }

/** Everything the frame of the page draws from. The session is the tagged union; the rest holds in every state of it. */
export interface AppState {
  route: Route
  session: SessionState
  /** Who I was on the last visit, shown until the server says who I am. */
  remembered: Me | null
  preferences: Preferences
  recents: readonly Recent[]
  /** Id of the call on stage, kept after its end until the person closes it. */
  stage: string | null
  linkRequests: readonly LinkRequest[]
  /** My link code is on the screen for another device to take. */
  offering: boolean
  claim: LinkClaim | null
}

/** All that can happen to the frame of the page. */
export type AppEvent =
  | { type: 'session'; session: SessionState }
  | { type: 'navigated'; route: Route }
  | { type: 'preferences'; preferences: Preferences }
  | { type: 'recents-read'; recents: readonly Recent[] }
  | { type: 'recents-cleared' }
  | { type: 'call'; id: string }
  | { type: 'call-over'; recent: Recent }
  | { type: 'call-closed' }
  | { type: 'offering'; on: boolean }
  | { type: 'link-request'; request: LinkRequest }
  | { type: 'link-answered'; device: string }
  | { type: 'claim'; claim: LinkClaim | null }
  | { type: 'linked' }
  /** The other device said no. */
  | { type: 'link-rejected' }

/** The state before anything was heard. */
export function initialState(
  route: Route,
  preferences: Preferences = DEFAULT_PREFERENCES,
  remembered: Me | null = null,
): AppState {
  return {
    route,
    session: { kind: 'starting' },
    remembered,
    preferences,
    recents: [],
    stage: null,
    linkRequests: [],
    offering: false,
    claim: null,
  }
}
