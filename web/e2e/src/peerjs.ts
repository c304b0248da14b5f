// A page that uses npm `peerjs` unchanged and knows nothing of Magpie but its address.
import { page, script, serveElsewhere, type Elsewhere } from './foreign.ts'

/** What `pages/peerjs.html` can be asked to do. */
export interface PeerJsApp {
  readonly said: unknown[]
  readonly join: (id: string | null, options: object) => Promise<string>
  readonly call: (id: string) => Promise<void>
  readonly hangUp: () => void
  readonly connect: (id: string, options: object) => Promise<void>
  readonly send: (kind: 'json' | 'binary', size: number) => Promise<{ bytes: number; sum: number }>
  readonly reconnect: () => Promise<string>
  readonly list: () => Promise<string | string[]>
}

declare global {
  interface Window {
    app: PeerJsApp
  }
}

export async function peerJsElsewhere(): Promise<Elsewhere> {
  return await serveElsewhere({ '/': page('peerjs.html'), '/peerjs.js': script('peerjs/dist/peerjs.min.js') })
}

/** The options a tutorial would give; one machine needs no ICE server. */
export function options(port: number, more: object = {}): object {
  return { host: '127.0.0.1', port, secure: true, path: '/', config: { iceServers: [] }, ...more }
}
