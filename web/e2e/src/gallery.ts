// The gallery: every view of the page in every state, drawn from made-up data, built apart from the page.
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const web = resolve(import.meta.dirname, '../..')
const folder = join(web, 'app/dist-gallery')
const types: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
}

/** Builds the gallery and serves it on loopback; the origin is the address of its index. */
export async function serveGallery(): Promise<{ server: Server; origin: string }> {
  await promisify(execFile)('npm', ['run', '--silent', 'gallery', '-w', 'app'], { cwd: web })
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://gallery').pathname
    readFile(join(folder, path)).then(
      (body) => response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream').end(body),
      () => response.writeHead(404).end(),
    )
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}/gallery.html` }
}
