// Checks the licence of every crate and npm package we build with against deny.toml.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { allowed, permits } from './licence.mjs'

// Tools of the build whose text reaches nobody who gets the binary; licences beyond the list are fine for them.
const toolLicences = new Set(['Python-2.0', 'CC-BY-4.0'])

// Packages that name their licence only in a way npm does not read: in `licenses`, or in their README.
const namedElsewhere = {
  'base64-arraybuffer': 'MIT',
  'component-bind': 'MIT',
  'component-inherit': 'MIT',
  indexof: 'MIT',
  'to-array': 'MIT',
  'xmlhttprequest-ssl': 'MIT',
}

const root = new URL('..', import.meta.url)
const allow = allowed(readFileSync(new URL('deny.toml', root), 'utf8'))
const problems = [...crates(), ...npmPackages()]
for (const problem of problems) console.error(problem)
process.exitCode = problems.length === 0 ? 0 : 1

function crates() {
  const json = execFileSync('cargo', ['metadata', '--format-version', '1', '--locked'], {
    cwd: root,
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const { packages } = JSON.parse(json.toString())
  console.log(`${packages.length} crates`)
  return packages
    .filter(({ license }) => !permits(license ?? '', allow))
    .map(({ name, version, license }) => `crate ${name} ${version}: ${license ?? 'no licence named'}`)
}

function npmPackages() {
  const { packages } = JSON.parse(readFileSync(new URL('web/package-lock.json', root), 'utf8'))
  const installed = Object.entries(packages).filter(([path, entry]) => path.includes('node_modules/') && !entry.link)
  console.log(`${installed.length} npm packages`)
  return installed
    .map(([path, { version, dev, license }]) => ({ path, version, dev, license: license ?? elsewhere(path) }))
    .filter(({ license, dev }) => !permits(license ?? '', allow) && !(dev && toolLicences.has(license)))
    .map(({ path, version, license }) => `npm ${path} ${version}: ${license ?? 'no licence named'}`)
}

function elsewhere(path) {
  return namedElsewhere[path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)]
}
