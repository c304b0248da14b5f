import { classify, mediaDevices, type MediaFailure } from './devices'

/** What came of asking for a screen. */
export type ScreenResult =
  { readonly ok: true; readonly stream: MediaStream } | { readonly ok: false; readonly failure: MediaFailure }

/** Whether this browser can share a screen at all (phones cannot). */
export function canShareScreen(): boolean {
  const devices = mediaDevices()
  return devices !== null && 'getDisplayMedia' in devices
}

/**
 * Asks for a screen, window or tab, with its sound where the browser offers it.
 *
 * To be called from a click. Closing the picker is `dismissed`.
 */
export async function captureScreen(): Promise<ScreenResult> {
  if (!window.isSecureContext) return { ok: false, failure: 'insecure' }
  if (!canShareScreen()) return { ok: false, failure: 'unsupported' }
  try {
    const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true })
    for (const track of stream.getVideoTracks()) track.contentHint = 'detail'
    return { ok: true, stream }
  } catch (error) {
    return { ok: false, failure: await classify(error, 'screen') }
  }
}
