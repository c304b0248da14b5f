import { whenEnding, type Side } from './demo'

/** Opens a WebSocket of the server and waits until it is open. */
export async function openSocket(
  { protocol, host }: URL,
  { path, subprotocol }: { path: string; subprotocol?: string },
  side: Side,
  ending: AbortSignal,
): Promise<WebSocket> {
  const socket = new WebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`, subprotocol ?? [])
  whenEnding(ending, () => socket.close())
  await new Promise<void>((opened, failed) => {
    socket.onopen = () => opened()
    socket.onclose = ({ code, reason }) => failed(new Error(`WebSocket ${path}: ${code} ${reason}`))
  })
  socket.onclose = () => side.at('left')
  return socket
}
