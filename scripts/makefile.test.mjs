// The Makefile in a made-up tree, with commands that only note that they were called.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, beforeEach, test } from 'node:test'

const folders = []
let folder

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'magpie-make-'))
  folders.push(folder)
  copyFileSync(join(import.meta.dirname, '../Makefile'), join(folder, 'Makefile'))
  const files = ['web/app/src/main.tsx', 'web/sdk/src/index.ts', 'web/package-lock.json', 'docs/protocol.md']
  for (const path of files) write(path, '', -60)
  command(
    'npm',
    '[ "$1" = ci ] && touch node_modules/.package-lock.json && exit; touch app/dist/index.html; [ ! -e fails ]',
  )
  command('cargo', '')
  for (const path of ['web/node_modules', 'web/app/dist']) mkdirSync(join(folder, path), { recursive: true })
})
after(() => folders.forEach((each) => rmSync(each, { recursive: true })))

test('the page is built once', () => {
  assert.deepEqual(make(), ['npm ci', 'npm run build -w app', 'cargo build --release --locked'])
  assert.deepEqual(make(), ['cargo build --release --locked'])
})

test('the page is built again when a source of it, of the library or a document it shows changed', () => {
  for (const path of ['web/app/src/main.tsx', 'web/sdk/src/index.ts', 'docs/protocol.md']) {
    make()
    write(path, 'changed', 60)
    assert.ok(make().includes('npm run build -w app'), path)
    write(path, 'changed', -60)
  }
})

test('a page that failed half-way is built again', () => {
  write('web/fails', '', 0)
  assert.throws(make)
  rmSync(join(folder, 'web/fails'))
  assert.ok(make().includes('npm run build -w app'))
})

/** Runs `make build` and returns what it called. */
function make() {
  writeFileSync(join(folder, 'called'), '')
  execFileSync('make', ['build'], {
    cwd: folder,
    env: { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, MAKEFLAGS: '' },
    stdio: 'ignore',
  })
  return readFileSync(join(folder, 'called'), 'utf8').trim().split('\n')
}

/** Writes a file that is so many seconds younger than now. */
function write(path, text, seconds) {
  const file = join(folder, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  const at = Date.now() / 1000 + seconds
  utimesSync(file, at, at)
}

function command(name, script) {
  const file = join(folder, 'bin', name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> ${join(folder, 'called')}\n${script}\n`)
  chmodSync(file, 0o755)
}
