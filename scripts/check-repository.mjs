// Rules of the tree that no compiler checks: file sizes, names, unfinished marks, machine paths.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { inspect } from './repository.mjs'

process.chdir(new URL('..', import.meta.url).pathname)
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  .toString()
  .split('\0')
  .filter((path) => path !== '')

const findings = files.flatMap((path) => {
  try {
    return inspect(path, readFileSync(path))
  } catch (error) {
    // Listed but deleted in the working tree.
    if (error.code === 'ENOENT') return []
    throw error
  }
})
for (const { path, line, level, text } of findings) console.log(`${level}: ${path}${line ? `:${line}` : ''}: ${text}`)
const errors = findings.filter(({ level }) => level === 'error').length
console.log(`${files.length} files, ${errors} errors, ${findings.length - errors} warnings`)
process.exitCode = errors === 0 ? 0 : 1
