import type { Call } from 'magpie-client'
import { useEffect, useReducer, type Dispatch } from 'react'
import type { LocalMedia } from '../media/local'
import { firstView, nextTick, reduce, type CallEvent, type CallView } from '../view/view'

/** The view of a call, kept in step with the call and with my devices. */
export function useCallView(call: Call, local: LocalMedia): [CallView, Dispatch<CallEvent>] {
  const [view, dispatch] = useReducer(reduce, null, () =>
    reduce(firstView(call.role, call.state, Date.now()), { type: 'mine', mine: local.mine }),
  )
  useEffect(() => follow(call, local, dispatch), [call, local])
  useTicks(view, dispatch)
  return [view, dispatch]
}

function follow(call: Call, local: LocalMedia, dispatch: Dispatch<CallEvent>): () => void {
  const theirs = () => dispatch({ type: 'theirs', theirs: call.peerMedia })
  const mine = () => dispatch({ type: 'mine', mine: local.mine })
  const state = () => {
    dispatch({ type: 'state', state: call.state, now: Date.now() })
    theirs()
  }
  // what happened between the first drawing and this effect
  state()
  mine()
  const leave = [call.on('state', state), call.on('peer-media', theirs), local.onChange(mine)]
  return () => leave.forEach((each) => each())
}

function useTicks(view: CallView, dispatch: Dispatch<CallEvent>): void {
  const due = nextTick(view)
  useEffect(() => {
    if (due === null) return
    const timer = setTimeout(() => dispatch({ type: 'tick', now: Date.now() }), Math.max(0, due - Date.now()))
    return () => clearTimeout(timer)
  }, [due, dispatch])
}
