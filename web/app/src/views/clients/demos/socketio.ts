import { io, type Socket } from 'socket.io-client'
import { Connection, type Word } from './connection'
import { iceServers, whenEnding, type Demo, type Side } from './demo'

/** Two clients of npm `socket.io-client` that say what tutorials say. */
export const demo: Demo = async (server, [first, second], ending) => {
  // a room of their own: others may look at this page of the same server
  const room = crypto.randomUUID()
  const [caller] = await Promise.all([join(server, room, first, ending), join(server, room, second, ending)])
  await caller.offer()
}

async function join(server: URL, room: string, side: Side, ending: AbortSignal): Promise<Connection> {
  const configuration = await iceServers(server, ending)
  const socket = io(server.origin, { query: { room }, forceNew: true })
  whenEnding(ending, () => socket.disconnect())
  const connection = new Connection(side, configuration, ending, (word) => say(socket, word))
  for (const kind of ['offer', 'answer'] as const)
    socket.on(kind, (description: RTCSessionDescriptionInit) => void connection.hear({ kind, description }))
  socket.on('candidate', (candidate: RTCIceCandidateInit) => void connection.hear({ kind: 'candidate', candidate }))
  await new Promise<void>((joined, failed) => {
    socket.once('connect', joined)
    socket.once('connect_error', failed)
  })
  socket.on('disconnect', () => side.at('left'))
  side.at('joined')
  return connection
}

function say(socket: Socket, word: Word): void {
  socket.emit(word.kind, word.kind === 'candidate' ? word.candidate : word.description)
}
