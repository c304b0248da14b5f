import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { Preferences } from '../model/preferences'
import enCall from './en/call.json'
import enCommon from './en/common.json'
import enHome from './en/home.json'
import type enClients from './en/clients.json'
import type enSettings from './en/settings.json'
import type enTrust from './en/trust.json'
import zhCall from './zh/call.json'
import zhCommon from './zh/common.json'
import zhHome from './zh/home.json'

export type Language = 'en' | 'zh'

/** All words, by namespace; English gives the keys. */
interface Words {
  common: typeof enCommon
  home: typeof enHome
  call: typeof enCall
  clients: typeof enClients
  settings: typeof enSettings
  trust: typeof enTrust
}

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'common'
    resources: Words
  }
}

const en: Partial<Words> = { common: enCommon, home: enHome, call: enCall }
const zh: Partial<Words> = { common: zhCommon, home: zhHome, call: zhCall }

/** Makes the words available before the first view is drawn. Both languages are in the page, so switching never waits. */
export function startI18n(language: Language): void {
  void i18next.use(initReactI18next).init({
    resources: { en, zh },
    lng: language,
    fallbackLng: 'en',
    defaultNS: 'common',
    // React escapes what it draws
    interpolation: { escapeValue: false },
    initAsync: false,
  })
  showLanguage(language)
}

/** Adds the words of a page that is loaded when asked for; its module calls this before it draws. */
export function addWords<N extends keyof Words>(namespace: N, english: Words[N], chinese: Words[N]): void {
  en[namespace] = english
  zh[namespace] = chinese
  if (!i18next.isInitialized) return
  i18next.addResourceBundle('en', namespace, english)
  i18next.addResourceBundle('zh', namespace, chinese)
}

/** Switches every view at once and tells the browser and screen readers which language the page is in. */
export function setLanguage(language: Language): void {
  if (i18next.language !== language) void i18next.changeLanguage(language)
  showLanguage(language)
}

/** The language to use: what was chosen, else the first of the browser's languages that we speak. */
export function resolveLanguage(choice: Preferences['language'], browser: readonly string[]): Language {
  if (choice !== 'system') return choice
  const spoken = browser.map((tag) => tag.toLowerCase().split('-')[0]).find((tag) => tag === 'zh' || tag === 'en')
  return spoken === 'zh' ? 'zh' : 'en'
}

function showLanguage(language: Language): void {
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}
