/** What the person chose on this browser. Kept in localStorage; nothing of it is sent. */
export interface Preferences {
  /** Device ids, null for the browser's default. */
  camera: string | null
  microphone: string | null
  speaker: string | null
  /** Only relayed candidates leave, so the other side never learns this address. */
  hideAddress: boolean
  /** The person armed the ringtone with a press, so that the page may sound. */
  ringtone: boolean
  theme: 'system' | 'light' | 'dark'
  language: 'system' | 'en' | 'zh'
}

/** Keeps what the person chose. */
export type ChangePreferences = (change: Partial<Preferences>) => void

export const DEFAULT_PREFERENCES: Preferences = {
  camera: null,
  microphone: null,
  speaker: null,
  hideAddress: false,
  ringtone: false,
  theme: 'system',
  language: 'system',
}

const KEY = 'magpie.preferences'

/** Reads the preferences; whatever is missing, damaged or of the wrong type falls back to its default. */
export function readPreferences(storage: Pick<Storage, 'getItem'> | null): Preferences {
  try {
    return parsePreferences(JSON.parse(storage?.getItem(KEY) ?? '{}'))
  } catch {
    return DEFAULT_PREFERENCES
  }
}

/** Keeps the preferences. A storage that refuses (private window, full) costs persistence only. */
export function writePreferences(storage: Pick<Storage, 'setItem'> | null, preferences: Preferences): void {
  try {
    storage?.setItem(KEY, JSON.stringify(preferences))
  } catch {
    // the choice still holds for this visit
  }
}

function parsePreferences(raw: unknown): Preferences {
  const from = typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {}
  const id = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null)
  return {
    camera: id(from.camera),
    microphone: id(from.microphone),
    speaker: id(from.speaker),
    hideAddress: from.hideAddress === true,
    ringtone: from.ringtone === true,
    theme: from.theme === 'light' || from.theme === 'dark' ? from.theme : 'system',
    language: from.language === 'en' || from.language === 'zh' ? from.language : 'system',
  }
}
