import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const source = join(import.meta.dirname, '..')
const namespaces = readdirSync(join(import.meta.dirname, 'en')).map((file) => file.replace('.json', ''))
const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/\.(test|gallery)\.tsx?$/.test(name))
  .map((name) => readFileSync(join(source, name), 'utf8'))

describe('every sentence', () => {
  it.each(namespaces)('of %s is said somewhere', (namespace) => {
    const said = files.filter((text) => speaks(text, namespace)).flatMap(literals)
    const unsaid = keysOf(namespace).filter((key) => !said.some((literal) => matches(literal, key)))
    expect(unsaid).toEqual([])
  })

  it.each(namespaces)('asked of %s is there', (namespace) => {
    const keys = keysOf(namespace)
    const asked = files.flatMap((text) => asks(text, namespace))
    expect(asked).not.toEqual([])
    expect(asked.filter((literal) => !keys.some((key) => matches(literal, key)))).toEqual([])
  })
})

/** Whether a file may use the words of a namespace. */
function speaks(text: string, namespace: string): boolean {
  return (
    text.includes(`useTranslation('${namespace}')`) || (namespace === 'common' && /i18next\.t\(|TFunction/.test(text))
  )
}

/** The first arguments of calls like `t('key')`, by the name that each component gives its `t` of this namespace. */
function asks(text: string, namespace: string): string[] {
  const names = [...text.matchAll(/\{ t(?:: (\w+))?(?:, i18n)? \} = useTranslation\('(\w+)'\)/g)]
  const mine = names.filter(([, , of]) => of === namespace).map(([, name]) => name ?? 't')
  // a name that stands for two namespaces in one file says nothing
  const clear = mine.filter((name) => names.every(([, other, of]) => (other ?? 't') !== name || of === namespace))
  const called = [...text.matchAll(/\b(\w+)\(\s*(?:'([^'\n]*)'|`([^`\n]*)`)/g)]
  return called
    .filter(([, name]) => name && clear.includes(name))
    .map(([, , quoted, written]) => quoted ?? written ?? '')
}

/** All that is quoted in a file: a key may stand far from the call that uses it, or in a call within a template. */
function literals(text: string): string[] {
  const quoted = [/'([^'\n]*)'/g, /`([^`\n]*)`/g, /\(`([^`\n]*)`\)/g]
  return quoted.flatMap((pattern) => [...text.matchAll(pattern)].map(([, literal]) => literal ?? ''))
}

/** A literal may leave parts of the key open: `error.${code}`. */
function matches(literal: string, key: string): boolean {
  if (!literal.includes('${')) return literal === key
  const parts = literal.split(/\$\{[^}]*\}/)
  // with nothing but an opening any key would match
  if (parts.every((part) => part === '')) return false
  const pattern = parts.map((part) => part.replaceAll('.', '\\.').replaceAll(/[^\w.\\-]/g, '\\$&')).join('[\\w-]+')
  return new RegExp(`^${pattern}$`).test(key)
}

/** The keys, without the endings of plurals. */
function keysOf(namespace: string): string[] {
  const words = JSON.parse(readFileSync(join(import.meta.dirname, 'en', `${namespace}.json`), 'utf8')) as Tree
  return [...new Set(paths(words).map((key) => key.replace(/_(one|other)$/, '')))]
}

type Tree = { [key: string]: string | Tree }

function paths(tree: Tree, prefix = ''): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [prefix + key] : paths(value, `${prefix}${key}.`),
  )
}
