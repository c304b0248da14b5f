import { Peer, type MediaConnection } from 'peerjs'
import { iceServers, whenEnding, type Demo, type Side } from './demo'

/** Two clients of npm `peerjs`. */
export const demo: Demo = async (server, [first, second], ending) => {
  const [caller, callee] = await Promise.all([join(server, first, ending), join(server, second, ending)])
  callee.on('call', (call) => {
    second.at('answering')
    show(call, second)
    call.answer(second.stream)
  })
  if (ending.aborted) return
  first.at('calling')
  show(caller.call(callee.id, first.stream), first)
}

async function join(server: URL, side: Side, ending: AbortSignal): Promise<Peer> {
  const secure = server.protocol === 'https:'
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- a class by declaration only
  const peer = new Peer({
    host: server.hostname,
    port: Number(server.port) || (secure ? 443 : 80),
    path: '/',
    secure,
    config: await iceServers(server, ending),
  })
  whenEnding(ending, () => peer.destroy())
  await new Promise<void>((joined, failed) => {
    peer.on('open', () => joined())
    peer.on('error', failed)
  })
  side.at('joined')
  return peer
}

function show(call: MediaConnection, side: Side): void {
  call.on('stream', (remote) => side.show(remote))
  call.on('close', () => side.at('left'))
}
