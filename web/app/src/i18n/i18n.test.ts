import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { resolveLanguage } from '.'

const folder = join(import.meta.dirname)
const namespaces = readdirSync(join(folder, 'en'))

describe('the two languages', () => {
  it('have the same namespaces', () => {
    expect(readdirSync(join(folder, 'zh'))).toEqual(namespaces)
  })

  it.each(namespaces)('have the same keys in %s', (file) => {
    // a language without plural forms lacks some suffixes that English has
    const keys = (language: string) =>
      [...new Set(Object.keys(words(language, file)).map((key) => key.replace(/_(one|other)$/, '')))].sort()
    expect(keys('zh')).toEqual(keys('en'))
  })

  it.each(namespaces)('leave nothing empty in %s', (file) => {
    for (const language of ['en', 'zh'])
      expect(Object.entries(words(language, file)).filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it.each(namespaces)('put the same values into the same sentences in %s', (file) => {
    const slots = (text: string) => [...text.matchAll(/\{\{\s*(\w+)/g)].map(([, name]) => name).sort()
    const zh = words('zh', file)
    for (const [key, text] of Object.entries(words('en', file)))
      if (key in zh && !/_(one|other)$/.test(key))
        expect({ key, slots: slots(zh[key] ?? '') }).toEqual({ key, slots: slots(text) })
  })

  it.each(namespaces)('are not mixed: no English sentence in zh %s and no Chinese in en', (file) => {
    expect(
      Object.values(words('en', file)).filter((text) => /\p{Script=Han}/u.test(text) && !/中文/.test(text)),
    ).toEqual([])
    expect(
      Object.entries(words('zh', file)).filter(
        ([, text]) => !/\p{Script=Han}/u.test(text) && /[a-z]{3,} [a-z]{2,}/i.test(text),
      ),
    ).toEqual([])
  })
})

describe('choosing the language', () => {
  it('follows the first of the browser languages that we speak', () => {
    expect(resolveLanguage('system', ['fr-FR', 'zh-TW', 'en'])).toBe('zh')
    expect(resolveLanguage('system', ['en-GB', 'zh-CN'])).toBe('en')
    expect(resolveLanguage('system', ['de'])).toBe('en')
  })

  it('obeys the person over the browser', () => {
    expect(resolveLanguage('zh', ['en'])).toBe('zh')
  })
})

function words(language: string, file: string): Record<string, string> {
  return flatten(JSON.parse(readFileSync(join(folder, language, file), 'utf8')) as Tree)
}

type Tree = { [key: string]: string | Tree }

function flatten(tree: Tree, prefix = ''): Record<string, string> {
  return Object.fromEntries(
    Object.entries(tree).flatMap(([key, value]) =>
      typeof value === 'string' ? [[prefix + key, value]] : Object.entries(flatten(value, `${prefix}${key}.`)),
    ),
  )
}
