/** The browser families whose permission controls look different. */
export type Browser = 'chromium' | 'firefox' | 'safari' | 'android-chromium' | 'android-firefox' | 'ios'
export type System = 'macos' | 'windows' | 'linux' | 'android' | 'ios' | 'other'

export interface Platform {
  browser: Browser
  system: System
}

/**
 * Which permission control to draw. Only words and pictures hang on it, never a decision about what works,
 * so reading the user agent is good enough here.
 *
 * @param touchPoints `navigator.maxTouchPoints`: tells an iPad, which calls itself a Mac
 */
export function platform(userAgent: string, touchPoints: number): Platform {
  const system = systemOf(userAgent, touchPoints)
  return { system, browser: browserOf(userAgent, system) }
}

function systemOf(userAgent: string, touchPoints: number): System {
  if (/iPhone|iPad|iPod/.test(userAgent)) return 'ios'
  if (/Macintosh/.test(userAgent)) return touchPoints > 1 ? 'ios' : 'macos'
  if (/Android/.test(userAgent)) return 'android'
  if (/Windows/.test(userAgent)) return 'windows'
  return /Linux|X11|CrOS/.test(userAgent) ? 'linux' : 'other'
}

function browserOf(userAgent: string, system: System): Browser {
  if (system === 'ios') return 'ios'
  const firefox = /Firefox\//.test(userAgent)
  if (system === 'android') return firefox ? 'android-firefox' : 'android-chromium'
  if (firefox) return 'firefox'
  return /Chrom(e|ium)\/|Edg\//.test(userAgent) ? 'chromium' : 'safari'
}
