import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Plugin } from 'vite'

/** What the server offers at `/socket.io/`, for pages that load the client from the server they talk to. */
const FILES = ['socket.io.js', 'socket.io.min.js', 'socket.io.esm.min.js']

/** Puts the client's script from the npm package `socket.io-client` (MIT) beside the page. */
export function socketIoClient(): Plugin {
  return {
    name: 'socket.io-client',
    apply: 'build',
    generateBundle() {
      const folder = dirname(createRequire(import.meta.url).resolve('socket.io-client/package.json'))
      for (const file of FILES) {
        const source = readFileSync(join(folder, 'dist', file))
        this.emitFile({ type: 'asset', fileName: `socket.io/${file}`, source })
      }
    },
  }
}
