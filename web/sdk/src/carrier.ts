/** What carries the messages between this page and the server. */
export interface Carrier {
  /** False while nothing can be sent. */
  readonly open: boolean
  send(text: string): void
  /** Lets go of it; nothing is told after that. */
  close(): void
}

/** What a carrier tells. */
export interface CarrierOwner {
  message(text: string): void
  /** It is over. `code` is a close code of WebSockets; `LOST`: nobody said why. */
  closed(code: number, reason: string): void
}

/** Opens a carrier to a server, `https://host`. */
export type OpenCarrier = (server: string, owner: CarrierOwner) => Carrier

/** The code of an end nobody explained. */
export const LOST = 1006

/** A WebSocket. */
export const webSocket: OpenCarrier = (server, owner) => {
  const socket = new WebSocket(`${server.replace(/^http/, 'ws')}/ws`)
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') owner.message(data)
  }
  socket.onclose = ({ code, reason }) => owner.closed(code, reason)
  return {
    get open() {
      return socket.readyState === WebSocket.OPEN
    },
    send: (text) => socket.send(text),
    close: () => {
      socket.onmessage = null
      socket.onclose = null
      socket.close()
    },
  }
}
