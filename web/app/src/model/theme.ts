import type { Preferences } from './preferences'

const DARK = '(prefers-color-scheme: dark)'

/** Puts the chosen theme, or the system's, on the document; the tokens follow `data-theme`. */
export function applyTheme(choice: Preferences['theme']): void {
  const dark = choice === 'dark' || (choice === 'system' && matchMedia(DARK).matches)
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}

/** Calls back when the system changes between light and dark. */
export function followSystemTheme(changed: () => void): void {
  matchMedia(DARK).addEventListener('change', changed)
}
