import { useLayoutEffect } from 'react'
import { useTranslation } from 'react-i18next'
import { notifyIncoming } from '../alert/notification'
import { flashTitle } from '../alert/title'
import { vibrate } from '../alert/vibration'
import { player } from '../sound/player'
import type { SoundName } from '../sound/patterns'
import type { CallView } from '../view/view'

/** Rings, notifies, flashes and buzzes while somebody calls. A layout effect, so that all of it stops with the view, not after it. */
export function useRinging(view: CallView, call: string, name: string, ringtone: boolean): void {
  const { t } = useTranslation('call')
  const rings = view.at === 'incoming' && view.step !== 'preparing'
  const title = t('incoming.notification', { name })
  const body = t('incoming.notificationBody')
  useLayoutEffect(() => {
    if (!rings) return
    const stops = [
      notifyIncoming(title, body, call),
      flashTitle(title),
      vibrate(),
      ringtone ? player.play('ringtone') : () => undefined,
    ]
    return () => stops.forEach((stop) => stop())
  }, [rings, title, body, call, ringtone])
}

/** The sounds of the caller's side and of the end. */
export function useLineSounds(view: CallView): void {
  const sound = lineSound(view)
  useLayoutEffect(() => {
    if (!sound) return
    const stop = player.play(sound)
    // a sound that ends by itself is let finish, even when the person is quick to leave the view
    return sound === 'ringback' ? stop : undefined
  }, [sound])
}

/** What the line sounds like in this view; null for silence. */
export function lineSound(view: CallView): SoundName | null {
  if (view.at === 'outgoing') return view.step === 'dialing' ? null : 'ringback'
  if (view.at !== 'ended') return null
  if (view.reason === 'busy' || view.reason === 'busy-here') return 'busy'
  return view.wasLive || (view.role === 'caller' && view.reason !== 'cancelled') ? 'hang-up' : null
}
