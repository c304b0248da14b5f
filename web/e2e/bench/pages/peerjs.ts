// The same call through npm `peerjs` and npm `peer`.
import { Peer, type MediaConnection } from 'peerjs'
import { camera, firstFrame } from './lap.ts'

const local = camera()
const options = { host: 'localhost', port: Number(location.port), path: '/peerjs', config: { iceServers: [] } }
// eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- its options are declared as a class, but a plain object is what it takes
const peer = new Peer(options)
let call: MediaConnection | null = null

peer.on('call', (incoming) => {
  call = incoming
  void local.then((stream) => incoming.answer(stream))
})

window.contestant = {
  async ready() {
    await local
    return await new Promise((done) => {
      if (peer.open) done(peer.id)
      else peer.on('open', done)
    })
  },
  async dial(to) {
    const stream = await local
    const begin = performance.now()
    const outgoing = peer.call(to, stream)
    call = outgoing
    const remote = await new Promise<MediaStream>((done) => outgoing.on('stream', done))
    await firstFrame(remote)
    return performance.now() - begin
  },
  async end() {
    call?.close()
    call = null
    await new Promise((done) => setTimeout(done, 300))
  },
}
