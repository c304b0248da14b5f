import { addMissed, addRecent } from './recents'
import type { AppEvent, AppState } from './state'

/** The one place where the frame's state changes. Pure; returns the same object when nothing changed. */
export function reduce(state: AppState, event: AppEvent): AppState {
  switch (event.type) {
    case 'session':
      return takeSession(state, event.session)
    case 'navigated':
      return { ...state, route: event.route, offering: false }
    case 'preferences':
      return { ...state, preferences: event.preferences }
    case 'recents-read':
      return takeSession({ ...state, recents: event.recents }, state.session)
    case 'recents-cleared':
      return { ...state, recents: [] }
    case 'call':
      return state.stage === event.id ? state : { ...state, stage: event.id }
    case 'call-over':
      return { ...state, recents: addRecent(state.recents, event.recent) }
    case 'call-closed':
      return state.stage === null ? state : { ...state, stage: null }
    case 'offering':
      return { ...state, offering: event.on }
    case 'link-request':
      // the code was taken, and works only once
      return { ...state, offering: false, linkRequests: [...without(state, event.request.device), event.request] }
    case 'link-answered':
      return { ...state, linkRequests: without(state, event.device) }
    case 'claim':
      return { ...state, claim: event.claim }
    case 'linked':
      return { ...state, claim: null }
    case 'link-rejected':
      return state.claim ? { ...state, claim: { ...state.claim, kind: 'failed', error: 'link-rejected' } } : state
  }
}

function takeSession(state: AppState, session: AppState['session']): AppState {
  const missed = session.kind === 'online' || session.kind === 'offline' ? session.missed : []
  // starting over means that this device was unlinked: it is nobody's any more
  const remembered = session.kind === 'starting' ? null : state.remembered
  return { ...state, session, remembered, recents: addMissed(state.recents, missed) }
}

function without(state: AppState, device: string) {
  return state.linkRequests.filter((request) => request.device !== device)
}
