import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from './repository.mjs'

const look = (path, text) => inspect(path, Buffer.from(text)).map(({ line, level, text }) => [level, line, text])
const lines = (count) => 'x\n'.repeat(count)

test('a tidy file has nothing to say', () => {
  assert.deepEqual(look('crates/hub/src/call.rs', '//! Calls.\n'), [])
})

test('a file over 600 lines is warned about, one over 800 refused', () => {
  assert.deepEqual(look('a.ts', lines(601)), [['warning', null, '601 lines']])
  assert.deepEqual(look('a.ts', lines(801)), [['error', null, '801 lines']])
  assert.deepEqual(look('a.md', lines(5000)), [])
})

test('tests at the end of a Rust file are not counted', () => {
  assert.deepEqual(look('a.rs', `${lines(500)}#[cfg(test)]\nmod tests {\n${lines(700)}}\n`), [])
})

test('names that name nothing are refused, as file or folder', () => {
  assert.equal(look('web/app/src/utils.ts', '').length, 1)
  assert.equal(look('crates/common/src/lib.rs', '').length, 1)
})

test('data may be common to many', () => {
  assert.deepEqual(look('web/app/src/i18n/en/common.json', '{}\n'), [])
})

test('unfinished marks are found with their line', () => {
  assert.deepEqual(look('a.rs', 'fn a() {}\n// TODO later\n'), [['error', 2, 'unfinished mark']])
  assert.deepEqual(look('a.rs', 'fn a() { todo!() }\n'), [['error', 1, 'unfinished Rust']])
})

test('paths of one machine are found, web paths are not', () => {
  assert.deepEqual(look('a.sh', 'cd /home/lin/magpie\n'), [['error', 1, 'a path of one machine']])
  assert.deepEqual(look('a.ts', "fetch('/rooms/1'); open('https://a.example/home/lin')\n"), [])
})

test('a lock file that names a registry is refused', () => {
  assert.equal(look('web/package-lock.json', '"resolved": "https://registry.example/a.tgz"').length, 1)
  assert.equal(look('web/package-lock.json', '"resolved": "sdk", "link": true').length, 0)
})

test('a picture is not read as text', () => {
  assert.deepEqual(inspect('docs/a.png', Buffer.from([0x89, 0, 1])), [])
})
