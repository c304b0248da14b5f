import { player } from '../sound/player'
import { allowNotifications } from './notification'

/**
 * Switches the ringtone on, from a click: wakes the sound, lets the person hear it, and asks for notifications.
 *
 * @returns whether this tab may sound from here on
 */
export async function armRingtone(): Promise<boolean> {
  const sounds = await player.arm()
  if (sounds) player.play('armed')
  void allowNotifications()
  return sounds
}

/** Whether a call would be heard now. */
export function ringtoneReady(): boolean {
  return player.voice === 'ready'
}

/** Calls back whenever {@link ringtoneReady} may have changed. */
export function watchRingtone(listener: () => void): () => void {
  return player.watch(listener)
}

/** With the ringtone switched on, a loaded page wakes its sound at the first touch or key; returns the way to stop. */
export function wakeOnTouch(): () => void {
  const wake = () => void player.arm().then((sounds) => sounds && stop())
  const stop = () => EVENTS.forEach((name) => window.removeEventListener(name, wake, true))
  EVENTS.forEach((name) => window.addEventListener(name, wake, true))
  return stop
}

const EVENTS = ['pointerup', 'keydown'] as const
