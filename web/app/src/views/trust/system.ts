/** The systems we have steps for. */
export const SYSTEMS = ['ios', 'android', 'windows', 'macos', 'linux'] as const
export type System = (typeof SYSTEMS)[number]

/** Guesses the system from what the browser says of itself. An iPad calls itself a Mac, but has a touch screen. */
export function guessSystem(userAgent: string, touchPoints: number): System {
  if (/iphone|ipad|ipod/i.test(userAgent)) return 'ios'
  if (/macintosh/i.test(userAgent)) return touchPoints > 1 ? 'ios' : 'macos'
  if (/android/i.test(userAgent)) return 'android'
  return /windows/i.test(userAgent) ? 'windows' : 'linux'
}
