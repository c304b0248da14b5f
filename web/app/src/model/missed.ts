import type { Magpie } from 'magpie-client'
import type { AppState } from './state'
import type { Store } from './store'

/**
 * Tells the server that missed calls were seen, once the list with them is in view: on the home screen, uncovered, in a
 * tab somebody looks at.
 */
export function markSeen(
  client: Pick<Magpie, 'missedSeen'>,
  store: Store,
  page: Pick<Document, 'visibilityState' | 'addEventListener'>,
): void {
  let told = 0
  const look = () => {
    const upTo = page.visibilityState === 'visible' ? newestInView(store.get()) : 0
    if (upTo <= told) return
    told = upTo
    client.missedSeen(upTo).catch(() => {
      told = 0
    })
  }
  store.subscribe(look)
  page.addEventListener('visibilitychange', look)
}

/** Server time of the newest missed call that the present view lists; 0 for none. */
function newestInView({ session, route, stage }: AppState): number {
  if (session.kind !== 'online' || route.kind !== 'home' || stage !== null) return 0
  return Math.max(0, ...session.missed.map(({ at }) => at))
}
