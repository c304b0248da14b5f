import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count } from './count.mjs'

test('nextest is read from its summary line, colours and all', () => {
  const log = '\u001b[32;1m     Summary\u001b[0m [   0.1s] 12 tests run: 10 passed, 1 failed, 1 timed out, 3 skipped\n'
  assert.deepEqual(count('rust', log, 100), { passed: 10, failed: 2, skipped: 3 })
})

test('cargo test is summed over its binaries', () => {
  const log =
    'test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n' +
    'test result: FAILED. 2 passed; 4 failed; 0 ignored; 0 measured\n'
  assert.deepEqual(count('rust', log, 101), { passed: 5, failed: 4, skipped: 1 })
})

test('vitest counts tests, not files', () => {
  const log = ' Test Files  1 failed | 2 passed (3)\n      Tests  1 failed | 12 passed | 2 skipped (15)\n'
  assert.deepEqual(count('vitest', log, 1), { passed: 12, failed: 1, skipped: 2 })
})

test('a flaky browser test has failed, and so has one that did not run', () => {
  const log = '  1 failed\n    [chromium] > a.spec.ts:1:1\n  1 flaky\n  2 did not run\n  1 skipped\n  9 passed (1.2m)\n'
  assert.deepEqual(count('playwright', log, 1), { passed: 9, failed: 4, skipped: 1 })
})

test('node --test is read from its totals in either reporter', () => {
  assert.deepEqual(count('tap', '# pass 4\n# fail 0\n# skipped 1\n', 0), { passed: 4, failed: 0, skipped: 1 })
  assert.deepEqual(count('tap', 'ℹ pass 4\nℹ fail 0\n', 0), { passed: 4, failed: 0, skipped: 0 })
})

test('a suite that ends badly without a count has failed once', () => {
  assert.deepEqual(count('rust', 'error: could not compile', 101), { passed: 0, failed: 1, skipped: 0 })
})

test('a suite that ran nothing counts nothing', () => {
  assert.deepEqual(count('rust', '', 0), { passed: 0, failed: 0, skipped: 0 })
})

test('a plain check counts as one', () => {
  assert.deepEqual(count('status', 'anything: 7 passed', 0), { passed: 1, failed: 0, skipped: 0 })
  assert.deepEqual(count('status', '', 2), { passed: 0, failed: 1, skipped: 0 })
})
