import type { Protocol } from '../snippets'
import type { Demo } from './demo'

/** Loads the client of a protocol: nobody who only reads the page pays for five of them. */
export async function loadDemo(protocol: Protocol): Promise<Demo> {
  const { demo } = await LOADERS[protocol]()
  return demo
}

const LOADERS: Record<Protocol, () => Promise<{ demo: Demo }>> = {
  native: () => import('./native'),
  peerjs: () => import('./peerjs'),
  socketio: () => import('./socketio'),
  mdn: () => import('./mdn'),
  meeting: () => import('./meeting'),
}
