import type { TFunction } from 'i18next'
import en from '../i18n/en/common.json'

type Code = keyof typeof en.error

/** The sentence for a failed action: by its code where we have words, with the code where we do not. */
export function sentence(t: TFunction, error: unknown): string {
  const code = codeOf(error)
  if (isKnown(code)) return t(`error.${code}`, { code })
  return UNREACHED.has(code) ? t('error.offline') : t('error.other', { code })
}

/** The stable code of an error of the session; the error's name for anything else. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  return 'name' in error && typeof error.name === 'string' ? error.name : 'unknown'
}

function isKnown(code: string): code is Code {
  return code !== 'other' && code in en.error
}

/** Codes of the session itself: the server was not reached. */
const UNREACHED: ReadonlySet<string> = new Set(['stopped', 'timeout', 'connection'])
