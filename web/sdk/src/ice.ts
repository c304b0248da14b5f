/** ICE servers as the server hands them out, with the time their credentials end. */
interface Fetched {
  readonly servers: readonly RTCIceServer[]
  readonly policy: RTCIceTransportPolicy
  /** Local time, milliseconds since 1970. */
  readonly staleAt: number
}

/** Waiting longer for credentials would cost more than starting without a relay. */
const PATIENCE_MS = 2_000
const RETRY_MS = 5_000

/** Keeps the ICE servers at hand: fetched at every welcome, and again before their credentials end. */
export class IceServers {
  readonly #url: string
  #token: string | null = null
  #fetched: Fetched | null = null
  #pending: Promise<void> | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #closed = false

  /** @param server origin of the server */
  constructor(server: string) {
    this.#url = `${server}/api/ice-servers`
  }

  /** Fetches with this token from here on; what is at hand counts as stale, for the server may be a new process. */
  renew(token: string): void {
    this.#closed = false
    this.#token = token
    this.#pending = this.#fetch()
  }

  /** Fetches unless a fetch is under way. */
  refresh(): Promise<void> {
    this.#pending ??= this.#fetch()
    return this.#pending
  }

  /** The configuration for a connection: at once when credentials are at hand, else within 2 s whatever comes. */
  async configuration(policy: RTCIceTransportPolicy): Promise<RTCConfiguration> {
    if (this.#pending !== null || (this.#fetched?.staleAt ?? 0) <= Date.now())
      await Promise.race([this.refresh(), pause(PATIENCE_MS)])
    return {
      iceServers: [...(this.#fetched?.servers ?? [])],
      iceTransportPolicy: this.#fetched?.policy === 'relay' ? 'relay' : policy,
      bundlePolicy: 'max-bundle',
    }
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
  }

  #fetch(): Promise<void> {
    const under = this.#load().finally(() => {
      if (this.#pending === under) this.#pending = null
    })
    return under
  }

  async #load(): Promise<void> {
    const authorization: HeadersInit = this.#token === null ? {} : { Authorization: `Bearer ${this.#token}` }
    try {
      const response = await fetch(this.#url, { headers: authorization, cache: 'no-store' })
      this.#fetched = response.ok ? parse(await response.json()) : this.#fetched
    } catch {
      // The server is away: what is at hand serves until the next attempt.
    }
    this.#schedule()
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    const wait = (this.#fetched?.staleAt ?? 0) - Date.now()
    this.#timer = setTimeout(() => void this.refresh(), Math.max(wait, RETRY_MS))
  }
}

function parse(body: unknown): Fetched | null {
  const { iceServers, iceTransportPolicy, ttl } = body as {
    iceServers?: unknown
    iceTransportPolicy?: unknown
    ttl?: unknown
  }
  if (!Array.isArray(iceServers) || typeof ttl !== 'number') return null
  return {
    servers: iceServers.flatMap(server),
    policy: iceTransportPolicy === 'relay' ? 'relay' : 'all',
    staleAt: Date.now() + ttl * 750, // three quarters of the lifetime, in milliseconds
  }
}

function server(value: unknown): RTCIceServer[] {
  const { urls, username, credential } = value as { urls?: unknown; username?: unknown; credential?: unknown }
  const list = (Array.isArray(urls) ? urls : [urls]).filter((url) => typeof url === 'string')
  if (list.length === 0) return []
  return [
    typeof username === 'string' && typeof credential === 'string'
      ? { urls: list, username, credential }
      : { urls: list },
  ]
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
