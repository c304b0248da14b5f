/** What the server tells about itself to anybody who asks. */
export interface ServerStatus {
  /** SHA-256 of its own certificate authority; null when its certificate comes from a public one. */
  fingerprint: string | null
  /** Origins under which other devices may reach it, best first; empty when it does not say. */
  origins: string[]
}

/**
 * Asks the server about itself.
 *
 * @throws when it does not answer, or with something else than its status
 */
export async function fetchStatus(signal: AbortSignal): Promise<ServerStatus> {
  const answer = await fetch('/api/status', { signal, cache: 'no-store' })
  if (!answer.ok) throw new Error(`status ${answer.status}`)
  return parseStatus(await answer.json())
}

/** Parses what `/api/status` says; whatever is missing counts as not told. */
export function parseStatus(raw: unknown): ServerStatus {
  const { authority, origins } = record(raw)
  const { fingerprint } = record(authority)
  return {
    fingerprint: typeof fingerprint === 'string' ? fingerprint : null,
    origins: Array.isArray(origins) ? origins.filter(isOrigin) : [],
  }
}

/** The origin to put into links for others: this page's own, unless that is one only this machine can reach. */
export function originForOthers(here: string, status: ServerStatus | null): string {
  if (!isLocal(here)) return here
  return status?.origins.find((origin) => !isLocal(origin)) ?? here
}

/** The same link under another origin. */
export function underOrigin(link: string, origin: string): string {
  const { pathname, search, hash } = new URL(link)
  return new URL(pathname + search + hash, origin).href
}

/** Whether an origin or URL names the machine the page runs on, so that no other device can open it. */
export function isLocal(url: string): boolean {
  const host = new URL(url).hostname
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || host.startsWith('127.')
}

/** The address of the trust page over plain HTTP, which a device that does not trust us yet can open. */
export function plainTrustUrl(origin: string): string {
  const url = new URL(origin)
  // HTTP and HTTPS share one port here, so the port is named even where it is the usual one of HTTPS
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  return `http://${url.hostname}:${port}/trust`
}

function isOrigin(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value)
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
