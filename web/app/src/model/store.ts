import { reduce } from './reduce'
import type { AppEvent, AppState } from './state'

/** Holds the frame's state, changes it only through {@link reduce}, and tells who listens. */
export interface Store {
  get: () => AppState
  dispatch: (event: AppEvent) => void
  /** Calls the listener after every change with the states after and before it; returns the way to stop. */
  subscribe: (listener: (now: AppState, before: AppState) => void) => () => void
}

/** Makes a store. Events dispatched by a listener are taken after the present one, in order. */
export function createStore(initial: AppState): Store {
  let state = initial
  let draining = false
  const queue: AppEvent[] = []
  const listeners = new Set<(now: AppState, before: AppState) => void>()

  function drain(): void {
    for (let event = queue.shift(); event; event = queue.shift()) {
      const before = state
      state = reduce(before, event)
      if (state !== before) for (const listener of [...listeners]) listener(state, before)
    }
  }

  return {
    get: () => state,
    dispatch(event) {
      queue.push(event)
      if (draining) return
      draining = true
      try {
        drain()
      } finally {
        draining = false
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
