// The gallery: every view of the page in every state, drawn from made-up data, built apart from the page.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const web = resolve(import.meta.dirname, '../..')
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

export interface Gallery {
  /** Without a trailing slash. */
  readonly origin: string
  /** The address of its index; with a query, of one view in one state. */
  readonly page: string
  readonly close: () => Promise<void>
}

/** Builds the gallery into a folder of its own and serves it on loopback. */
export async function serveGallery(): Promise<Gallery> {
  const folder = await mkdtemp(join(tmpdir(), 'magpie-gallery-'))
  await promisify(execFile)('npm', ['run', '--silent', 'gallery', '-w', 'app', '--', '--outDir', folder], { cwd: web })
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://gallery').pathname
    readFile(join(folder, path)).then(
      (body) => response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream').end(body),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = async (): Promise<void> => {
    server.closeAllConnections()
    server.close()
    await rm(folder, { recursive: true, force: true })
  }
  return { origin, page: `${origin}/gallery.html`, close }
}
