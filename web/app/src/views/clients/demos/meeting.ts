import { Connection, type Word } from './connection'
import { iceServers, type Demo, type Side } from './demo'
import { openSocket } from './socket'

interface Published {
  event: `client-${Word['kind']}` | 'client-call'
  data: unknown
}

/** Two clients of a meeting that publish and subscribe: whoever hears that somebody came offers. */
export const demo: Demo = async (server, [first, second], ending) => {
  const subject = `private-video-room-${crypto.randomUUID()}`
  await join(server, first, subject, ending)
  const come = await join(server, second, subject, ending)
  come()
}

/** @returns what tells the others that this side is there */
async function join(server: URL, side: Side, subject: string, ending: AbortSignal): Promise<() => void> {
  const configuration = await iceServers(server, ending)
  const socket = await openSocket(server, { path: '/meeting' }, side, ending)
  const publish = (event: Published['event'], data: unknown) =>
    socket.send(JSON.stringify({ cmd: 'publish', subject, event, data }))
  const connection = new Connection(side, configuration, ending, (word) =>
    publish(`client-${word.kind}`, word.kind === 'candidate' ? word.candidate : word.description),
  )
  socket.onmessage = ({ data }: MessageEvent<string>) => {
    const published = JSON.parse(data) as Published
    if (published.event === 'client-call') void connection.offer()
    else void connection.hear(read(published))
  }
  socket.send(JSON.stringify({ cmd: 'subscribe', subject }))
  side.at('joined')
  return () => publish('client-call', null)
}

function read({ event, data }: Published): Word {
  if (event === 'client-candidate') return { kind: 'candidate', candidate: data as RTCIceCandidateInit }
  return { kind: event === 'client-offer' ? 'offer' : 'answer', description: data as RTCSessionDescriptionInit }
}
