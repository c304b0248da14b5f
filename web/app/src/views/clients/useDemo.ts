import { useEffect, useReducer, useRef } from 'react'
import type { Demo, Side } from './demos/demo'
import { loadDemo } from './demos'
import { cameraPicture, drawnPicture } from './picture'
import type { Protocol } from './snippets'
import { step, type DemoEvent, type DemoState, type Pane } from './state'

/** What the page can do with its demonstration. */
export interface DemoControls {
  start: (protocol: Protocol, camera: boolean) => void
  stop: () => void
  frames: (name: Pane['name'], count: number) => void
}

/** Both sides see each other within a second; a relay over TLS may need a few. */
const PATIENCE_MS = 15_000

/** Runs one demonstration at a time; leaving the page ends it. */
export function useDemo(): [DemoState, DemoControls] {
  const [state, tell] = useReducer(step, { kind: 'idle' })
  const running = useRef<AbortController | null>(null)
  const end = () => running.current?.abort()
  useEffect(() => end, [])
  // what failed is let go of: a call that comes up after all would be one that nobody sees
  useEffect(() => {
    if (state.kind === 'failed') end()
  }, [state.kind])
  const controls: DemoControls = {
    start: (protocol, camera) => {
      end()
      running.current = new AbortController()
      const { signal } = running.current
      void run(protocol, camera, signal, (event) => !signal.aborted && tell(event))
    },
    stop: () => {
      end()
      tell({ type: 'stop' })
    },
    frames: (name, frames) => tell({ type: 'pane', name, change: { frames } }),
  }
  return [state, controls]
}

async function run(
  protocol: Protocol,
  camera: boolean,
  ending: AbortSignal,
  tell: (event: DemoEvent) => void,
): Promise<void> {
  tell({ type: 'start' })
  if (typeof RTCPeerConnection === 'undefined') {
    tell({ type: 'failed', why: 'unsupported', detail: '' })
    return
  }
  const timer = setTimeout(() => tell({ type: 'late' }), PATIENCE_MS)
  ending.addEventListener('abort', () => clearTimeout(timer))
  try {
    await call(await loadDemo(protocol), camera, ending, tell)
  } catch (error) {
    tell({ type: 'failed', why: 'error', detail: error instanceof Error ? error.message : String(error) })
  }
}

async function call(demo: Demo, camera: boolean, ending: AbortSignal, tell: (event: DemoEvent) => void): Promise<void> {
  const filmed = camera ? await cameraPicture(ending) : null
  const side = (name: Pane['name']): Side => ({
    name,
    stream: filmed ?? drawnPicture(name, ending),
    show: (remote) => tell({ type: 'pane', name, change: { remote } }),
    at: (stage) => tell({ type: 'pane', name, change: { stage } }),
  })
  const sides = [side('A'), side('B')] as const
  tell({ type: 'ready', panes: [pane('A', sides[0]), pane('B', sides[1])], refused: camera && filmed === null })
  await demo(new URL(location.origin), sides, ending)
}

function pane(name: Pane['name'], { stream }: Side): Pane {
  return { name, own: stream, stage: 'joining', remote: null, frames: 0 }
}
