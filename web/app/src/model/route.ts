/** Where the page is. */
export type Route =
  | { kind: 'home' }
  /** A link to a person (`who`: id, number or handle) or an invite (`i-CODE`). */
  | { kind: 'call'; who: string }
  | { kind: 'settings' }
  | { kind: 'trust' }
  /** What developers need to connect clients of other servers. */
  | { kind: 'clients' }
  | { kind: 'unknown'; path: string }

/** The pages with one path each. */
const FIXED = ['settings', 'trust', 'clients'] as const

/** Reads a path of the address bar. */
export function parseRoute(path: string): Route {
  const clean = path.replace(/\/+$/, '') || '/'
  if (clean === '/' || clean === '/index.html') return { kind: 'home' }
  const fixed = FIXED.find((kind) => clean === pathOf({ kind }))
  if (fixed) return { kind: fixed }
  const who = /^\/call\/([^/]+)$/.exec(clean)?.[1]
  const decoded = who && decode(who)
  return decoded ? { kind: 'call', who: decoded } : { kind: 'unknown', path }
}

/** The path of a route, the inverse of {@link parseRoute}. */
export function pathOf(route: Route): string {
  switch (route.kind) {
    case 'home':
      return '/'
    case 'call':
      return `/call/${encodeURIComponent(route.who)}`
    case 'settings':
      return '/settings'
    case 'trust':
      return '/trust'
    case 'clients':
      return '/lab/clients'
    case 'unknown':
      return route.path
  }
}

/** The device-link code in a fragment (`#link=CODE`), if there is one. */
export function linkCode(fragment: string): string | null {
  return new URLSearchParams(fragment.replace(/^#/, '')).get('link') || null
}

function decode(part: string): string | null {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}
