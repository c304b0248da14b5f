import type { Stage } from './demos/demo'

/** One client of a running demonstration. */
export interface Pane {
  name: 'A' | 'B'
  own: MediaStream | null
  stage: Stage
  remote: MediaStream | null
  /** Pictures of the other side decoded so far. */
  frames: number
}

/** Where the demonstration stands. */
export type DemoState =
  | { kind: 'idle' }
  | { kind: 'starting' }
  /** `refused`: the camera was asked for and not given, so pictures are drawn. */
  | { kind: 'running'; panes: readonly [Pane, Pane]; refused: boolean }
  /** `slow`: no picture came in time; otherwise what was thrown. */
  | { kind: 'failed'; why: 'slow' | 'unsupported' | 'error'; detail: string }

export type DemoEvent =
  | { type: 'start' }
  | { type: 'ready'; panes: readonly [Pane, Pane]; refused: boolean }
  | { type: 'pane'; name: Pane['name']; change: Partial<Pick<Pane, 'stage' | 'remote' | 'frames'>> }
  | { type: 'late' }
  | { type: 'failed'; why: 'unsupported' | 'error'; detail: string }
  | { type: 'stop' }

/** The state after an event. */
export function step(state: DemoState, event: DemoEvent): DemoState {
  switch (event.type) {
    case 'start':
      return { kind: 'starting' }
    case 'ready':
      return { kind: 'running', panes: event.panes, refused: event.refused }
    case 'pane': {
      if (state.kind !== 'running') return state
      const change = (pane: Pane) => (pane.name === event.name ? { ...pane, ...event.change } : pane)
      return { ...state, panes: [change(state.panes[0]), change(state.panes[1])] }
    }
    case 'late':
      return state.kind === 'failed' || (state.kind === 'running' && state.panes.every(({ frames }) => frames > 0))
        ? state
        : { kind: 'failed', why: 'slow', detail: '' }
    case 'failed':
      return { kind: 'failed', why: event.why, detail: event.detail }
    case 'stop':
      return { kind: 'idle' }
  }
}
