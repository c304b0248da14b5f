import { Connection, type Word } from './connection'
import { iceServers, type Demo, type Side } from './demo'
import { openSocket } from './socket'

/** What MDN's sample calls the words of a connection. */
const TYPES = { offer: 'video-offer', answer: 'video-answer' } as const

/** Messages that matter here; the rest of the chat is let pass. */
type Message =
  | { type: 'id'; id: number }
  | { type: 'userlist' }
  | { type: 'video-offer' | 'video-answer'; sdp: RTCSessionDescriptionInit }
  | { type: 'new-ice-candidate'; candidate: RTCIceCandidateInit }

/** Two clients that follow MDN's chat sample. */
export const demo: Demo = async (server, [first, second], ending) => {
  const names = [`${first.name}-${tag()}`, `${second.name}-${tag()}`] as const
  const [caller] = await Promise.all([
    join(server, first, names[0], names[1], ending),
    join(server, second, names[1], names[0], ending),
  ])
  await caller.offer()
}

async function join(server: URL, side: Side, name: string, target: string, ending: AbortSignal): Promise<Connection> {
  const configuration = await iceServers(server, ending)
  const socket = await openSocket(server, { path: '/mdn', subprotocol: 'json' }, side, ending)
  const send = (message: object) => socket.send(JSON.stringify(message))
  const connection = new Connection(side, configuration, ending, (word) => send({ name, target, ...written(word) }))
  await new Promise<void>((named) => {
    socket.onmessage = ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as Message
      if (message.type === 'id') send({ type: 'username', id: message.id, name, date: Date.now() })
      else if (message.type === 'userlist') named()
      const word = read(message)
      if (word) void connection.hear(word)
    }
  })
  side.at('joined')
  return connection
}

function written(word: Word): object {
  return word.kind === 'candidate'
    ? { type: 'new-ice-candidate', candidate: word.candidate }
    : { type: TYPES[word.kind], sdp: word.description }
}

function read(message: Message): Word | null {
  switch (message.type) {
    case 'video-offer':
      return { kind: 'offer', description: message.sdp }
    case 'video-answer':
      return { kind: 'answer', description: message.sdp }
    case 'new-ice-candidate':
      return { kind: 'candidate', candidate: message.candidate }
    default:
      return null
  }
}

function tag(): string {
  return crypto.randomUUID().slice(0, 6)
}
