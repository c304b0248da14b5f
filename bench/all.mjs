// `node bench/all.mjs MAGPIE [--only SECTION[:PART],...] [--rounds N]`: measures Magpie beside its peers in one run, alternated, and
// writes docs/benchmarks.md. With `--only` the other sections of that page stay as they are, and with a part nothing is written.
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { firstFrameSection } from './first-frame.mjs'
import { instructionsSection } from './instructions.mjs'
import { mutationSection } from './mutation.mjs'
import { Skipped } from './packages.mjs'
import { sectionsOf, pageOf } from './report.mjs'
import { relaySection } from './relay.mjs'
import { signallingSection } from './signalling.mjs'
import { sizeSection } from './size.mjs'

const SECTIONS = [
  { name: 'first-frame', title: 'Dial to first decoded frame', measure: firstFrameSection },
  { name: 'relay', title: 'Relay', measure: relaySection },
  { name: 'instructions', title: "The relay's state machine", measure: instructionsSection },
  { name: 'mutation', title: 'Broken packets', measure: mutationSection },
  { name: 'signalling', title: 'Signalling', measure: signallingSection },
  { name: 'size', title: 'Start and size', measure: sizeSection },
]

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, rounds: { type: 'string', default: process.env.MAGPIE_BENCH_ROUNDS ?? '3' } },
})
const magpie = resolve(positionals[0] ?? 'target/release/magpie')
const only = values.only?.split(',').map((wanted) => wanted.split(':'))
for (const [name] of only ?? []) {
  if (!SECTIONS.some((section) => section.name === name)) {
    throw new Error(`no section ${name}, but ${SECTIONS.map((section) => section.name).join(', ')}`)
  }
}

const path = join(resolve(import.meta.dirname, '..'), 'docs/benchmarks.md')
const machine = `${cpus().length} cores (${cpus()[0].model.trim()}), Linux ${release().split('-')[0]}`
const sections = sectionsOf(readFileSync(path, 'utf8'))
for (const { name, title, measure } of SECTIONS) {
  const wanted = only?.find(([chosen]) => chosen === name)
  if (only && !wanted) continue
  const busy = otherWork()
  const text = await measured(measure, wanted?.[1])
  if (text === undefined) continue
  process.stdout.write(`## ${title}\n\n${text}\n`)
  if (wanted?.[1] === undefined) {
    const date = new Date().toISOString().slice(0, 10)
    sections.set(title, `${text.trimEnd()}\n\n${date}, ${machine}.${busy}\n`)
    writeFileSync(path, pageOf(SECTIONS, sections))
  }
}

/** Says so if the machine had other things to do: then only ratios mean something. */
function otherWork() {
  const load = loadavg()[0]
  if (load < cpus().length / 2) return ''
  return ` The machine was busy with other work (load average ${load.toFixed(0)}): only the ratios mean something.`
}

/** The text of a section; nothing, and why, if this machine cannot measure it. */
async function measured(measure, part) {
  try {
    return await measure(magpie, Number(values.rounds), part)
  } catch (error) {
    if (!(error instanceof Skipped)) throw error
    process.stdout.write(`skipped: ${error.message}\n`)
  }
}
