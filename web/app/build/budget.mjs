// Measures the script a visitor loads before any call (the entry, what it fetches by itself right after, and everything
// those import statically, gzip) and fails above the budget. Also fails when the built page holds anything a strict content security policy refuses.
import { readFileSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const BUDGET = 180 * 1000
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('manifest.json', dist), 'utf8'))

const files = new Set()
const seen = new Set()
function walk(key) {
  if (seen.has(key)) return
  seen.add(key)
  files.add(manifest[key].file)
  for (const next of manifest[key].imports ?? []) walk(next)
}
// the entry, and the ringing views it fetches in advance
for (const root of ['index.html', 'src/call/CallStage.tsx']) walk(root)

const sizes = [...files].map((file) => ({
  file,
  gzip: gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length,
}))
const total = sizes.reduce((sum, { gzip }) => sum + gzip, 0)
for (const { file, gzip } of sizes) console.log(`${(gzip / 1000).toFixed(1).padStart(7)} kB  ${file}`)
console.log(`${(total / 1000).toFixed(1).padStart(7)} kB  script before a call, gzip (budget ${BUDGET / 1000} kB)`)
writeFileSync(new URL('../dist-budget.json', import.meta.url), JSON.stringify({ total, budget: BUDGET, sizes }) + '\n')

const html = readFileSync(new URL('index.html', dist), 'utf8')
const inline = /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/.exec(html)
const foreign = /(?:src|href)="(?:https?:)?\/\//.exec(html)
if (inline) fail(`index.html holds inline script or style: ${inline[0]}`)
if (foreign) fail(`index.html names another host: ${foreign[0]}`)
if (total > BUDGET) fail(`script before a call is ${total} bytes, over the budget of ${BUDGET}`)

function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}
