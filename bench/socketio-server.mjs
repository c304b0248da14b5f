// The npm package `socket.io` as a relay between the two in a room, for comparison: `node socketio-server.mjs [CERT KEY]`, prints
// `ready PORT`.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createRequire } from 'node:module'

// It is installed with the browser tests.
const { Server } = createRequire(new URL('../web/e2e/package.json', import.meta.url))('socket.io')
const [certificate, key] = process.argv.slice(2)
const server = certificate
  ? createTlsServer({ cert: readFileSync(certificate), key: readFileSync(key) })
  : createServer()

new Server(server, { cors: { origin: '*' } }).on('connection', (socket) => {
  const { room } = socket.handshake.query
  socket.join(room)
  socket.onAny((event, ...args) => socket.to(room).emit(event, ...args))
})
server.listen(0, '127.0.0.1', () => console.log(`ready ${server.address().port}`))
