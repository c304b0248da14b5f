import { describe, expect, it } from 'vitest'
import { step, type DemoEvent, type DemoState, type Pane } from './state'

const pane = (name: Pane['name'], change: Partial<Pane> = {}): Pane => ({
  name,
  own: null,
  stage: 'joining',
  remote: null,
  frames: 0,
  ...change,
})
const ready: DemoEvent = { type: 'ready', panes: [pane('A'), pane('B')], refused: false }

function after(...events: readonly DemoEvent[]): DemoState {
  return events.reduce(step, { kind: 'idle' })
}

describe('a demonstration', () => {
  it('starts, runs and stops', () => {
    expect(after({ type: 'start' })).toEqual({ kind: 'starting' })
    expect(after({ type: 'start' }, ready)).toEqual({ kind: 'running', panes: [pane('A'), pane('B')], refused: false })
    expect(after({ type: 'start' }, ready, { type: 'stop' })).toEqual({ kind: 'idle' })
  })

  it('changes the side that is meant and leaves the other', () => {
    const state = after(
      { type: 'start' },
      ready,
      { type: 'pane', name: 'B', change: { stage: 'answering' } },
      { type: 'pane', name: 'B', change: { frames: 3 } },
    )
    expect(state).toMatchObject({ panes: [pane('A'), pane('B', { stage: 'answering', frames: 3 })] })
  })

  it('hears nothing of a side that is gone', () => {
    const change: DemoEvent = { type: 'pane', name: 'A', change: { stage: 'left' } }
    expect(after(change)).toEqual({ kind: 'idle' })
    expect(after({ type: 'start' }, ready, { type: 'stop' }, change)).toEqual({ kind: 'idle' })
  })

  it('is too slow when a side has no picture in time', () => {
    const slow = { kind: 'failed', why: 'slow', detail: '' }
    expect(after({ type: 'start' }, { type: 'late' })).toEqual(slow)
    expect(after({ type: 'start' }, ready, picture('A'), { type: 'late' })).toEqual(slow)
  })

  it('goes on past that time when both sides have pictures', () => {
    expect(after({ type: 'start' }, ready, picture('A'), picture('B'), { type: 'late' })).toMatchObject({
      kind: 'running',
    })
  })

  it('keeps the reason of its failure, also when the time runs out afterwards', () => {
    const failed: DemoEvent = { type: 'failed', why: 'error', detail: 'no way' }
    const state = { kind: 'failed', why: 'error', detail: 'no way' }
    expect(after({ type: 'start' }, failed)).toEqual(state)
    expect(after({ type: 'start' }, failed, { type: 'late' })).toEqual(state)
  })

  it('starts again after a failure', () => {
    expect(after({ type: 'start' }, { type: 'late' }, { type: 'start' })).toEqual({ kind: 'starting' })
  })
})

function picture(name: Pane['name']): DemoEvent {
  return { type: 'pane', name, change: { frames: 1 } }
}
