// A call through `magpie-client`; the callee accepts at once.
import { Magpie, type Call, type SessionState } from 'magpie-client'
import { camera, firstFrame } from './lap.ts'

const local = camera()
const magpie = new Magpie()
let current: Call | null = null

magpie.on('incoming', (call) => {
  current = call
  void local.then((stream) => call.accept({ stream, media: 'video' }))
})

function numberOf(session: SessionState): string | null {
  return session.kind === 'online' ? session.me.number : null
}

window.contestant = {
  async ready() {
    await local
    await magpie.start()
    return await new Promise((done) => {
      const look = (): void => {
        const number = numberOf(magpie.session)
        if (number !== null) done(number)
      }
      magpie.on('session', look)
      look()
    })
  },
  async dial(to) {
    const stream = await local
    const begin = performance.now()
    current = magpie.dial(to, { stream, media: 'video' })
    await firstFrame(current.remote)
    return performance.now() - begin
  },
  async end() {
    current?.hangUp()
    current = null
    await new Promise((done) => setTimeout(done, 300))
  },
}
