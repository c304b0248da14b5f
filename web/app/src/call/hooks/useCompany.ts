import { useEffect } from 'react'
import type { LocalMedia } from '../media/local'
import { offerControls, showActive } from '../alert/session'
import { keepAwake } from '../alert/wake'
import type { CallView } from '../view/view'

/** Keeps the screen on and gives the system's own controls to the call while it lasts. */
export function useCompany(view: CallView, local: LocalMedia, title: string, hangUp: () => void): void {
  const lasts = view.at === 'outgoing' || view.at === 'live' || view.at === 'rejoining'
  useEffect(() => (lasts ? keepAwake() : undefined), [lasts])
  useEffect(() => {
    if (!lasts) return
    return offerControls(title, {
      hangUp,
      toggleMicrophone: () => local.setMicrophone(local.mine.microphone !== 'on'),
      toggleCamera: () => local.setCamera(local.mine.camera !== 'on'),
    })
  }, [lasts, local, title, hangUp])
  const { microphone, camera } = view.mine
  useEffect(() => showActive(lasts && microphone === 'on', lasts && camera === 'on'), [lasts, microphone, camera])
}
