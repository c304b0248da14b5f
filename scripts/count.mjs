// Reads how many tests a suite's log says passed, failed and were skipped.
// Usage: node count.mjs FORMAT LOG EXIT-STATUS, prints `passed failed skipped`.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const colours = new RegExp(String.raw`\u001b\[[0-9;]*m`, 'g')

/** Sums every match of `pattern`, whose first group is a number. */
function sum(text, pattern) {
  return [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0)
}

const formats = {
  status: () => ({ passed: 0, failed: 0, skipped: 0 }),
  // cargo nextest's one summary line, or one `test result:` line per binary of cargo test.
  rust(text) {
    const nextest = text.match(/^\s*Summary \[.*$/m)?.[0]
    if (nextest !== undefined) {
      return {
        passed: sum(nextest, /(\d+) passed/g),
        failed: sum(nextest, /(\d+) failed/g) + sum(nextest, /(\d+) timed out/g),
        skipped: sum(nextest, /(\d+) skipped/g),
      }
    }
    return {
      passed: sum(text, /^test result: .*?(\d+) passed/gm),
      failed: sum(text, /^test result: .*?(\d+) failed/gm),
      skipped: sum(text, /^test result: .*?(\d+) ignored/gm),
    }
  },
  // `Tests  1 failed | 12 passed | 2 skipped (15)`; a file that does not load has no test of its own to fail.
  vitest(text) {
    const tests = text.match(/^\s*Tests\s.*$/m)?.[0] ?? ''
    return {
      passed: sum(tests, /(\d+) passed/g),
      failed: sum(tests, /(\d+) failed/g),
      skipped: sum(tests, /(\d+) skipped/g),
    }
  },
  // Playwright's list reporter ends with one line per outcome; a flaky test has failed once.
  playwright: (text) => ({
    passed: sum(text, /^\s*(\d+) passed/gm),
    failed:
      sum(text, /^\s*(\d+) failed/gm) +
      sum(text, /^\s*(\d+) flaky/gm) +
      sum(text, /^\s*(\d+) did not run/gm) +
      sum(text, /^\s*(\d+) interrupted/gm),
    skipped: sum(text, /^\s*(\d+) skipped/gm),
  }),
  tap: (text) => ({
    passed: sum(text, /^(?:#|ℹ) pass (\d+)/gm),
    failed: sum(text, /^(?:#|ℹ) fail (\d+)/gm),
    skipped: sum(text, /^(?:#|ℹ) skipped (\d+)/gm),
  }),
}

/**
 * Counts a suite. One that exits badly has failed at least once, whatever its log says; a plain check counts as one.
 * @param {string} format a key of `formats`
 * @param {string} log the suite's output
 * @param {number} status its exit status
 */
export function count(format, log, status) {
  const found = formats[format](log.replace(colours, ''))
  if (status !== 0 && found.failed === 0) return { ...found, failed: 1 }
  if (format === 'status') return { ...found, passed: 1 }
  return found
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [format, log, status] = process.argv.slice(2)
  const { passed, failed, skipped } = count(format, readFileSync(log, 'utf8'), Number(status))
  console.log(passed, failed, skipped)
}
