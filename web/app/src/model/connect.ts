import type { Call, Magpie } from 'magpie-client'
import { writeMe } from './me'
import { known } from './people'
import { writePreferences } from './preferences'
import { readRecents, writeRecents, type Recent } from './recents'
import { linkCode, parseRoute } from './route'
import type { AppState } from './state'
import type { Store } from './store'

/** The parts of the browser the frame works with, so that tests can give their own. */
export interface Surroundings {
  storage: Storage | null
  window: Pick<Window, 'addEventListener' | 'removeEventListener' | 'location' | 'history'>
  now: () => number
}

/**
 * Joins the session, the address bar and the storage to the store: what happens there becomes events, and what must
 * last is written back.
 *
 * @returns the call on stage, by id, for the view that draws it
 */
export function connect(
  client: Magpie,
  store: Store,
  { storage, window, now }: Surroundings,
): (id: string) => Call | null {
  let onStage: Call | null = null
  const takeCall = (call: Call | null) => {
    // an ended call leaves the session but stays on stage until the person closes it
    if (!call || call.id === onStage?.id) return
    onStage = call
    watchEnd(call, store, now)
    store.dispatch({ type: 'call', id: call.id })
  }
  client.on('session', (session) => store.dispatch({ type: 'session', session }))
  client.on('call', takeCall)
  client.on('link-request', (request) => store.dispatch({ type: 'link-request', request }))
  client.on('linked', () => store.dispatch({ type: 'linked' }))
  client.on('link-rejected', () => store.dispatch({ type: 'link-rejected' }))
  store.subscribe((after, before) => keep(storage, store, after, before))
  followAddress(window, store)
  if (client.session.kind !== 'starting') store.dispatch({ type: 'session', session: client.session })
  takeCall(client.call)
  return (id) => (onStage?.id === id ? onStage : null)
}

/** The line a finished call leaves in the recents; null when nobody was reached or named. */
export function recentOf(call: Pick<Call, 'id' | 'role' | 'peer' | 'media' | 'state'>, at: number): Recent | null {
  const { state } = call
  if (state.kind !== 'ended' || call.peer.id === '') return null
  const unanswered = state.reason === 'cancelled' || state.reason === 'no-answer' || state.reason === 'busy'
  const way = call.role === 'caller' ? 'outgoing' : unanswered ? 'missed' : 'incoming'
  return { call: call.id, peer: call.peer, at, media: call.media, way, durationMs: state.durationMs }
}

function watchEnd(call: Call, store: Store, now: () => number): void {
  const at = now()
  const stop = call.on('state', () => {
    if (call.state.kind !== 'ended') return
    stop()
    const recent = recentOf(call, at)
    if (recent) store.dispatch({ type: 'call-over', recent })
  })
}

function keep(storage: Storage | null, store: Store, after: AppState, before: AppState): void {
  if (after.preferences !== before.preferences) writePreferences(storage, after.preferences)
  const [me, formerly] = [known(after.session)?.me, known(before.session)?.me]
  if (!me) return
  if (me !== formerly) writeMe(storage, me)
  if (me.id !== formerly?.id) {
    store.dispatch({ type: 'recents-read', recents: readRecents(storage, me.id) })
  } else if (after.recents !== before.recents) {
    writeRecents(storage, me.id, after.recents)
  }
}

function followAddress(window: Surroundings['window'], store: Store): void {
  const read = () => {
    const { pathname, hash } = window.location
    store.dispatch({ type: 'navigated', route: parseRoute(pathname) })
    const code = linkCode(hash)
    if (!code) return
    // a code works once: it must not stay in the address bar, the history or a bookmark
    window.history.replaceState(null, '', pathname)
    store.dispatch({ type: 'claim', claim: { kind: 'asking', code } })
  }
  window.addEventListener('popstate', read)
  window.addEventListener('hashchange', read)
  read()
}
