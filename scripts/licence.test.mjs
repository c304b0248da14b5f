import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allowed, permits } from './licence.mjs'

const allow = new Set(['MIT', 'Apache-2.0', 'Unicode-3.0', 'Apache-2.0 WITH LLVM-exception'])

test('one side of OR is enough', () => {
  assert.ok(permits('LGPL-2.1-or-later OR MIT', allow))
  assert.ok(permits('MIT/Unlicense', allow))
})

test('AND needs both sides', () => {
  assert.ok(permits('(MIT OR GPL-3.0) AND Unicode-3.0', allow))
  assert.ok(!permits('MIT AND GPL-3.0', allow))
})

test('an exception makes another licence', () => {
  assert.ok(permits('Apache-2.0 WITH LLVM-exception', allow))
  assert.ok(!permits('MIT WITH LLVM-exception', allow))
})

test('no licence at all, or one nobody can read, is refused', () => {
  assert.ok(!permits('', allow))
  assert.ok(!permits('MIT see file', allow))
})

test('the list is read from deny.toml', () => {
  const toml = '[bans]\nallow = ["x"]\n[licenses]\nallow = [\n  "MIT", # short\n  "ISC",\n]\n'
  assert.deepEqual([...allowed(toml)], ['MIT', 'ISC'])
})
