import i18next from 'i18next'
import { toast } from '../ui'

/** Copies text and says so; where the browser refuses, says what to do instead. */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast(i18next.t('copied'))
  } catch {
    toast(i18next.t('copyFailed'))
  }
}

/** Whether this browser can hand something to another app. */
export function canShare(): boolean {
  return typeof navigator.share === 'function'
}

/** Opens the system's share sheet. Closing it is no failure; where it does not work, the link is copied. */
export async function shareLink(text: string, url: string): Promise<void> {
  try {
    await navigator.share({ text, url })
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'AbortError')) await copyText(url)
  }
}
