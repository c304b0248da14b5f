import { useMemo, useRef, type Dispatch, type FocusEvent, type PointerEvent } from 'react'
import type { CallEvent } from '../view/view'

/** Handlers for the whole stage that tell when the person moves, touches, types or focuses; at most four times a second. */
export function useActivity(dispatch: Dispatch<CallEvent>) {
  const told = useRef(0)
  const active = () => {
    const now = Date.now()
    if (now - told.current < EVERY_MS) return
    told.current = now
    dispatch({ type: 'activity', now })
  }
  return { onPointerMove: active, onPointerDown: active, onKeyDownCapture: active, onFocus: active }
}

/** Handlers for the controls: while the keyboard's focus or the pointer rests on them they stay. */
export function useHold(dispatch: Dispatch<CallEvent>) {
  return useMemo(() => {
    const hold = (held: boolean) => dispatch({ type: 'hold', held, now: Date.now() })
    return {
      onPointerEnter: (event: PointerEvent) => event.pointerType === 'mouse' && hold(true),
      onPointerLeave: (event: PointerEvent) => event.pointerType === 'mouse' && hold(false),
      // focus left behind by a click must not keep the controls for ever; focus that came by keyboard must
      onFocus: (event: FocusEvent) => hold(event.target.matches(':focus-visible')),
      onBlur: () => hold(false),
    }
  }, [dispatch])
}

const EVERY_MS = 250
