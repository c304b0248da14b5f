import { meter } from 'magpie-client/devices'
import { useEffect, type Dispatch } from 'react'
import type { LocalMedia } from '../media/local'
import type { CallEvent, CallView } from '../view/view'

/**
 * Listens to my microphone while it is muted, to notice that I talk all the same.
 * A muted track gives silence, so a clone of it is measured; nothing of the clone is sent.
 */
export function useMutedLevel(view: CallView, local: LocalMedia, dispatch: Dispatch<CallEvent>): void {
  const muted = view.at === 'live' && view.mine.microphone === 'off'
  useEffect(() => {
    const track = muted ? local.stream.getAudioTracks()[0]?.clone() : undefined
    if (!track) return
    track.enabled = true
    const stop = meter(new MediaStream([track]), (level) => {
      if (level > 0) dispatch({ type: 'level-while-muted', level, now: Date.now() })
    })
    return () => {
      stop()
      track.stop()
    }
  }, [muted, local, dispatch])
}
