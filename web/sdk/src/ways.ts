import { LOST, webSocket, type Carrier, type CarrierOwner, type OpenCarrier } from './carrier'

/** How long a WebSocket may stay silent before plain HTTP is tried beside it. */
const HEAD_START_MS = 700
/** The same where WebSockets have worked: a silent one is then a slow network or a busy server. */
const PROVEN_MS = 3_000
/** A WebSocket lost this soon, without a word, was cut by something that lets only its handshake through. */
const CUT_MS = 5_000
const CUTS = 2
/** How long WebSockets are left alone after that. */
const REST_MS = 300_000

/**
 * Opens whatever reaches the server: a WebSocket, or server-sent events and requests where WebSockets are cut.
 *
 * Both say hello first; the one that does so is kept and the other one is let go. Where a WebSocket has worked, a refused one
 * most likely met a server that was just starting again: then plain HTTP is taken only when it is refused a second time by a
 * server that is there.
 */
export function anyWay(): OpenCarrier {
  let headStart = HEAD_START_MS
  let proven = false
  let cuts = 0
  let restsUntil = 0

  const watched: OpenCarrier = (server, owner) => {
    let since = 0
    return webSocket(server, {
      message: (text) => {
        since ||= Date.now()
        owner.message(text)
      },
      closed: (code, reason) => {
        // One that was never heard was refused: the server itself was away.
        if (code !== LOST || Date.now() - since > CUT_MS) cuts = 0
        else if (++cuts >= CUTS) restsUntil = Date.now() + REST_MS
        owner.closed(code, reason)
      },
    })
  }

  return (server, owner) => {
    if (typeof EventSource === 'undefined') return webSocket(server, owner)
    if (Date.now() < restsUntil) return plainHttp(server, owner)
    return race(server, owner, watched, headStart, (winner, refused) => {
      const doubted = proven && refused
      proven = winner === 'socket'
      headStart = proven ? PROVEN_MS : doubted ? HEAD_START_MS : 0
      return !doubted
    })
  }
}

/** Server-sent events and requests, loaded when needed: hardly anybody does. */
const plainHttp: OpenCarrier = (server, owner) => {
  let carrier: Carrier | null = null
  let over = false
  const load = async (): Promise<void> => {
    const { plainHttp: open } = await import('./plain')
    if (!over) carrier = open(server, owner)
  }
  load().catch(() => {
    if (!over) owner.closed(LOST, '')
  })
  return {
    get open() {
      return carrier?.open === true
    },
    send: (text) => carrier?.send(text),
    close: () => {
      over = true
      carrier?.close()
    },
  }
}

type Way = 'socket' | 'plain'

function race(
  server: string,
  owner: CarrierOwner,
  socket: OpenCarrier,
  headStart: number,
  /** A way said hello first, the WebSocket refused or not; false: it is not to be kept. */
  won: (way: Way, refused: boolean) => boolean,
): Carrier {
  const running = new Map<Way, Carrier>()
  let winner: Carrier | null = null
  let waiting: ReturnType<typeof setTimeout> | undefined

  const close = (): void => {
    clearTimeout(waiting)
    for (const carrier of running.values()) carrier.close()
    running.clear()
  }
  const start = (way: Way, open: OpenCarrier): void => {
    const carrier = open(server, {
      message: (text) => {
        if (winner === null) {
          const kept = won(way, !running.has('socket'))
          if (kept) running.delete(way)
          close()
          if (!kept) return owner.closed(LOST, '')
          running.set(way, carrier)
          winner = carrier
        }
        owner.message(text)
      },
      closed: (code, reason) => {
        running.delete(way)
        if (winner === null && waiting !== undefined) plain()
        else if (running.size === 0) owner.closed(code, reason)
      },
    })
    running.set(way, carrier)
  }
  const plain = (): void => {
    clearTimeout(waiting)
    waiting = undefined
    start('plain', plainHttp)
  }

  waiting = setTimeout(plain, headStart)
  start('socket', socket)
  return {
    get open() {
      return winner?.open === true
    },
    send: (text) => winner?.send(text),
    close,
  }
}
