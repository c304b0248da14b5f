// The rules behind check-repository.mjs, apart from the file system so that they can be tested.
import { basename, extname } from 'node:path'

const code = new Set(['.rs', '.ts', '.tsx', '.js', '.mjs', '.css', '.sh'])
const words = new Set([...code, '.toml', '.md', '.json', '.yml', '.html', ''])

const rules = [
  { pattern: /\b(?:TODO|FIXME|XXX|HACK)\b/, text: 'unfinished mark', in: code },
  { pattern: /\b(?:unimplemented|todo)!\s*\(/, text: 'unfinished Rust', in: new Set(['.rs']) },
  { pattern: /\.innerHTML\b|dangerouslySetInnerHTML/, text: 'text goes in as text', in: code },
  { pattern: /(?:^|[\s"'`=(])\/(?:root|home|Users)\/\w/, text: 'a path of one machine', in: words },
  { pattern: /@ts-(?:ignore|nocheck)/, text: 'type check switched off', in: code },
]
// These name what they forbid.
const exempt = /^scripts\/repository(?:\.test)?\.mjs$/

const badNames = /^(?:utils?|helpers?|common|misc|manager)$/
const lineLimit = { warning: 600, error: 800 }

/**
 * Everything wrong with one file.
 * @param {string} path relative to the root of the tree
 * @param {Buffer} bytes
 * @returns {{path: string, line: number | null, level: 'warning' | 'error', text: string}[]}
 */
export function inspect(path, bytes) {
  const extension = extname(path)
  const found = []
  for (const part of path.split('/').map((name) => basename(name, extname(name)).toLowerCase())) {
    if (code.has(extension) && badNames.test(part))
      found.push({ path, line: null, level: 'error', text: `"${part}" is not a name` })
  }
  if (!words.has(extension) || bytes.includes(0)) return found
  const lines = bytes.toString('utf8').split('\n')
  found.push(...oversize(path, extension, lines))
  if (path.endsWith('package-lock.json')) {
    // npm writes the registry it was told to use; a clone elsewhere must use its own.
    if (lines.some((line) => line.includes('"resolved": "http'))) {
      found.push({ path, line: null, level: 'error', text: 'names a registry host' })
    }
    return found
  }
  if (exempt.test(path)) return found
  for (const rule of rules.filter((rule) => rule.in.has(extension))) {
    lines.forEach((line, index) => {
      if (rule.pattern.test(line)) found.push({ path, line: index + 1, level: 'error', text: rule.text })
    })
  }
  return found
}

/** Tests at the end of a Rust file do not count towards its length. */
function oversize(path, extension, lines) {
  if (!code.has(extension)) return []
  const tests = extension === '.rs' ? lines.findIndex((line) => line.startsWith('#[cfg(test)]')) : -1
  const length = tests === -1 ? lines.length - 1 : tests
  const level = length > lineLimit.error ? 'error' : length > lineLimit.warning ? 'warning' : null
  return level === null ? [] : [{ path, line: null, level, text: `${length} lines` }]
}
