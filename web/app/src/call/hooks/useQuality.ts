import type { Call } from 'magpie-client'
import { watchQuality } from 'magpie-client/quality'
import { useEffect, type Dispatch } from 'react'
import type { CallEvent } from '../view/view'

/** Measures the call while it is connected. */
export function useQuality(call: Call, connected: boolean, dispatch: Dispatch<CallEvent>): void {
  useEffect(() => {
    if (!connected) return
    return watchQuality(call, (quality) => dispatch({ type: 'quality', quality }))
  }, [call, connected, dispatch])
}
