/** The ways in that the page explains. */
export const PROTOCOLS = ['native', 'peerjs', 'socketio', 'mdn', 'meeting'] as const
export type Protocol = (typeof PROTOCOLS)[number]

/** The line that gets the ICE servers, for clients that bring their own list. */
export function iceLine(origin: string): string {
  return `const config = await fetch('${origin}/api/ice-servers').then((answer) => answer.json())`
}

/**
 * The lines that make calls with a client of this protocol: a module for a page with one `<video autoplay>`.
 *
 * @param origin where the server is, without a slash at the end
 */
export function snippet(protocol: Protocol, origin: string): string {
  return SNIPPETS[protocol](new URL(origin))
}

const SNIPPETS: Record<Protocol, (server: URL) => string> = {
  native: ({ origin }) => `import { Magpie } from 'magpie-client'

const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true })
const magpie = new Magpie({ server: '${origin}' })

magpie.on('session', (session) => session.kind === 'online' && console.log('my number is', session.me.number))
magpie.on('incoming', (call) => call.accept({ media: 'video', stream }))
magpie.on('call', (call) => call && (document.querySelector('video').srcObject = call.remote))
await magpie.start()

window.dial = (number) => magpie.dial(number, { media: 'video', stream })
`,

  peerjs: ({ origin, hostname, port, protocol }) => `import { Peer } from 'peerjs'

const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true })
${iceLine(origin)}
const peer = new Peer({ host: '${hostname}', port: ${port || (protocol === 'https:' ? 443 : 80)}, path: '/', secure: ${protocol === 'https:'}, config })
const show = (call) => call.on('stream', (remote) => (document.querySelector('video').srcObject = remote))

peer.on('open', (id) => console.log('my id is', id))
peer.on('call', (call) => { show(call); call.answer(stream) })

window.dial = (id) => show(peer.call(id, stream))
`,

  socketio: ({ origin }) => `import { io } from 'socket.io-client'
${connection(origin)}
const socket = io('${origin}')
const say = async (what) => { await pc.setLocalDescription(); socket.emit(what, pc.localDescription) }
pc.onicecandidate = ({ candidate }) => candidate && socket.emit('candidate', candidate)

socket.on('offer', async (offer) => { await pc.setRemoteDescription(offer); await say('answer') })
socket.on('answer', (answer) => pc.setRemoteDescription(answer))
socket.on('candidate', (candidate) => pc.addIceCandidate(candidate))

window.dial = () => say('offer')
`,

  mdn: (server) => `const me = 'me-' + crypto.randomUUID().slice(0, 4)
let target
${connection(server.origin)}
const socket = new WebSocket('${socketUrl(server, '/mdn')}', 'json')
const send = (message) => socket.send(JSON.stringify({ name: me, target, ...message }))
const say = async (type) => { await pc.setLocalDescription(); send({ type, sdp: pc.localDescription }) }
pc.onicecandidate = ({ candidate }) => candidate && send({ type: 'new-ice-candidate', candidate })

socket.onmessage = async ({ data }) => {
  const { type, id, name, sdp, candidate } = JSON.parse(data)
  if (type === 'id') { socket.send(JSON.stringify({ type: 'username', name: me, id })); console.log('my name is', me) }
  if (type === 'video-offer') { target = name; await pc.setRemoteDescription(sdp); await say('video-answer') }
  if (type === 'video-answer') await pc.setRemoteDescription(sdp)
  if (type === 'new-ice-candidate') await pc.addIceCandidate(candidate)
}

window.dial = (name) => { target = name; say('video-offer') }
`,

  meeting: (server) => `const subject = 'private-video-room-1'
${connection(server.origin)}
const socket = new WebSocket('${socketUrl(server, '/meeting')}')
const publish = (event, data) => socket.send(JSON.stringify({ cmd: 'publish', subject, event, data }))
const say = async (event) => { await pc.setLocalDescription(); publish(event, pc.localDescription) }
pc.onicecandidate = ({ candidate }) => candidate && publish('client-candidate', candidate)

socket.onopen = () => socket.send(JSON.stringify({ cmd: 'subscribe', subject }))
socket.onmessage = async ({ data: text }) => {
  const { event, data } = JSON.parse(text)
  if (event === 'client-offer') { await pc.setRemoteDescription(data); await say('client-answer') }
  if (event === 'client-answer') await pc.setRemoteDescription(data)
  if (event === 'client-candidate') await pc.addIceCandidate(data)
}

window.dial = () => say('client-offer')
`,
}

/** What every client without a library of its own does first. */
function connection(origin: string): string {
  return `
const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true })
${iceLine(origin)}
const pc = new RTCPeerConnection(config)
for (const track of stream.getTracks()) pc.addTrack(track, stream)
pc.ontrack = ({ streams }) => (document.querySelector('video').srcObject = streams[0])
`
}

function socketUrl({ protocol, host }: URL, path: string): string {
  return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}${path}`
}
