// The npm package `peer`, for comparison: `node peer-server.mjs [CERT KEY]`, prints `ready PORT`.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// It is installed with the browser tests.
const { PeerServer } = createRequire(new URL('../web/e2e/package.json', import.meta.url))('peer')
const [certificate, key] = process.argv.slice(2)
const ssl = certificate && { cert: readFileSync(certificate), key: readFileSync(key) }

PeerServer({ host: '127.0.0.1', port: 0, path: '/', concurrent_limit: 100_000, ...(ssl && { ssl }) }, (server) =>
  console.log(`ready ${server.address().port}`),
)
