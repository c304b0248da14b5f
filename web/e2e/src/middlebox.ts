// A proxy as they stand in front of offices and hotels: it passes requests on, and does as it likes with WebSockets.
import { once } from 'node:events'
import { createServer, type ClientRequest, type IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** What becomes of a WebSocket: refused, left without an answer, or cut as soon as it is open. */
export type Manner = 'refuses' | 'ignores' | 'cuts'

export interface Middlebox {
  /** Where pages reach the server through it; a secure context, being this machine. */
  readonly origin: string
  /** WebSockets it has dealt with. */
  readonly seen: () => number
  readonly close: () => void
}

/** Starts one in front of a server that trusts it with `--trusted-proxy`. */
export async function middlebox(server: string, manner: Manner): Promise<Middlebox> {
  const sockets = new Set<Socket>()
  let seen = 0
  const proxy = createServer((asked, answer) => {
    const passed = pass(server, asked, (answered) => {
      answer.writeHead(answered.statusCode ?? 502, answered.headers)
      answered.pipe(answer)
    })
    answer.on('close', () => passed.destroy())
    passed.on('error', () => answer.destroy())
    asked.pipe(passed)
  })
  proxy.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  proxy.on('upgrade', (asked, socket: Socket) => {
    seen += 1
    socket.on('error', () => undefined)
    if (manner === 'refuses') socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
    if (manner === 'cuts') cut(server, asked, socket)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return {
    origin: `http://localhost:${(proxy.address() as AddressInfo).port}`,
    seen: () => seen,
    close: () => {
      proxy.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

function pass(server: string, asked: IncomingMessage, answered: (answer: IncomingMessage) => void): ClientRequest {
  const { hostname, port } = new URL(server)
  const headers = {
    ...asked.headers,
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': asked.headers.host,
    'x-forwarded-proto': 'http',
  }
  const options = { hostname, port, method: asked.method, path: asked.url, headers, rejectUnauthorized: false }
  return request(options, answered)
}

/** Lets the handshake and the first message through, and no more. */
function cut(server: string, asked: IncomingMessage, socket: Socket): void {
  const passed = pass(server, asked, () => socket.destroy())
  passed.on('error', () => socket.destroy())
  passed.on('upgrade', (answered, upstream: Socket, first: Buffer) => {
    const lines = Object.entries(answered.headers).map(([name, value]) => `${name}: ${String(value)}\r\n`)
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`)
    socket.write(first)
    const end = (): void => {
      upstream.destroy()
      socket.destroy()
    }
    upstream.on('error', end)
    upstream.once('data', (hello: Buffer) => socket.write(hello, () => setTimeout(end, 100)))
    if (first.length > 0) setTimeout(end, 100)
  })
  passed.end()
}
