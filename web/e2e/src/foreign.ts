// Pages that are not ours, served from elsewhere as their authors would, and a network that can be cut.
import { createServer as createHttp } from 'node:http'
import { createServer as createTcp, connect, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

/** A little web server of another origin. */
export interface Elsewhere {
  readonly origin: string
  readonly close: () => void
}

/**
 * Serves files on a port of its own.
 * @param files paths and the files they are, which see `page` and `script`
 * @param server what pages find where they say `SERVER`
 */
export async function serveElsewhere(files: Readonly<Record<string, string>>, server = ''): Promise<Elsewhere> {
  const web = createHttp((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const file = files[path]
    if (file === undefined) return void response.writeHead(404).end()
    const type = file.endsWith('.html') ? 'text/html; charset=utf-8' : 'text/javascript; charset=utf-8'
    response.writeHead(200, { 'content-type': type })
    void readFile(file, 'utf8').then((body) => response.end(body.replaceAll('SERVER', server)))
  })
  const port = await listen(web)
  return { origin: `http://localhost:${port}`, close: () => void web.close() }
}

/** A page of `pages/`. */
export function page(name: string): string {
  return resolve(import.meta.dirname, '../pages', name)
}

/** A script as its package publishes it. */
export function script(file: string): string {
  return createRequire(import.meta.url).resolve(file)
}

/** Carries TCP connections to a port until it is cut. */
export class Cable {
  readonly #server: Server
  readonly #ends = new Set<Socket>()
  #whole = true

  private constructor(server: Server) {
    this.#server = server
  }

  static async to(target: number): Promise<Cable> {
    const server = createTcp()
    const cable = new Cable(server)
    server.on('connection', (near) => cable.#carry(near, target))
    await listen(server)
    return cable
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** Breaks every connection without a word of goodbye, and takes no new one. */
  cut(): void {
    this.#whole = false
    for (const end of this.#ends) end.destroy()
  }

  mend(): void {
    this.#whole = true
  }

  close(): void {
    this.cut()
    this.#server.close()
  }

  #carry(near: Socket, target: number): void {
    if (!this.#whole) return void near.destroy()
    const far = connect(target, '127.0.0.1')
    for (const [end, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#ends.add(end)
      end.on('error', () => other.destroy())
      end.on('close', () => {
        this.#ends.delete(end)
        other.destroy()
      })
      end.pipe(other)
    }
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
