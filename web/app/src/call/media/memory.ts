import type { Mine } from '../view/view'

const KEY = 'magpie.sending'

/** What this tab sent before it was loaded again: somebody muted must come back muted. */
export interface Remembered {
  microphone: boolean
  camera: boolean
}

/** Keeps, in this tab only, what is sent in a call. */
export function rememberSending(call: string, mine: Mine): void {
  try {
    sessionStorage.setItem(
      KEY,
      JSON.stringify({ call, microphone: mine.microphone === 'on', camera: mine.camera === 'on' }),
    )
  } catch {
    // a full or forbidden storage: the call goes on, a reload then starts muted
  }
}

/** What was sent in this call before the reload; null when nothing is known of it. */
export function recallSending(call: string): Remembered | null {
  try {
    const raw: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? 'null')
    return isKept(raw) && raw.call === call ? { microphone: raw.microphone, camera: raw.camera } : null
  } catch {
    return null
  }
}

function isKept(value: unknown): value is Remembered & { call: string } {
  if (typeof value !== 'object' || value === null) return false
  const { call, microphone, camera } = value as Record<string, unknown>
  return typeof call === 'string' && typeof microphone === 'boolean' && typeof camera === 'boolean'
}
