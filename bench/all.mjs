// `node bench/all.mjs MAGPIE`: measures Magpie beside its peers in one run, alternated, and writes docs/benchmarks.md.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { figures, page } from './report.mjs'

const root = resolve(import.meta.dirname, '..')
const magpie = resolve(process.argv[2] ?? 'target/release/magpie')
const rounds = Number(process.env.MAGPIE_BENCH_ROUNDS ?? 3)
const folder = mkdtempSync(join(tmpdir(), 'magpie-bench-'))

try {
  const start = await startTimes()
  const signalling = await signallingTable()
  const firstFrame = measureFirstFrame()
  const machine = `${cpus().length} cores (${cpus()[0].model.trim()}), Linux ${release().split('-')[0]}`
  const binaryMb = statSync(magpie).size / 1e6
  const text = page({
    machine,
    date: new Date().toISOString().slice(0, 10),
    rounds,
    start,
    binaryMb,
    signalling,
    firstFrame,
  })
  writeFileSync(join(root, 'docs/benchmarks.md'), text)
  process.stdout.write(text)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Milliseconds from start to `ready`, and resident memory then, with a data folder that exists. */
async function startTimes() {
  const data = join(folder, 'start')
  const times = []
  let idleMb = 0
  for (let round = 0; round <= 10; round += 1) {
    const begin = performance.now()
    const server = await serve(['--listen', '127.0.0.1:0', '--data', data])
    if (round > 0) times.push(performance.now() - begin)
    idleMb = residentKb(server.pid) / 1024
    await end(server)
  }
  return { ready: figures(times), idleMb }
}

/** The same load on Magpie and on npm `peer`, without and with TLS, few and many connections, alternated. */
async function signallingTable() {
  const rows = []
  for (const tls of [false, true]) {
    for (const connections of [1_000, 10_000]) {
      const ours = []
      const theirs = []
      for (let round = 0; round < rounds; round += 1) {
        ours.push(await loadMagpie(tls, connections))
        theirs.push(await loadPeer(tls, connections))
      }
      rows.push({ tls, connections, magpie: middle(ours), peer: middle(theirs) })
    }
  }
  return rows
}

async function loadMagpie(tls, connections) {
  const plain = ['--plain', '127.0.0.1:0']
  const server = await serve([
    '--listen',
    '127.0.0.1:0',
    ...(tls ? [] : plain),
    '--data',
    join(folder, `signal-${tls}`),
  ])
  const port = tls ? server.port : await plainPort(server)
  const report = load(['--door', 'native', ...(tls ? [] : ['--plain'])], port, server.pid, connections)
  await end(server)
  return report
}

async function loadPeer(tls, connections) {
  const certificate = tls ? [join(folder, 'signal-true/leaf.pem'), join(folder, 'signal-true/leaf-key.pem')] : []
  const child = spawn(process.execPath, [join(root, 'bench/peer-server.mjs'), ...certificate], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const line = await firstLine(child)
  const port = Number(/^ready (\d+)$/.exec(line)?.[1])
  const report = load(['--door', 'peerjs', ...(tls ? [] : ['--plain'])], port, child.pid, connections)
  await end(child)
  return report
}

/** Runs the load of `magpie bench signal` and reads its figures. */
function load(flags, port, pid, connections) {
  const shape = ['--connections', String(connections), '--pairs', '100', '--seconds', '5', '--pid', String(pid)]
  const { stdout, stderr, status } = spawnSync(magpie, ['bench', 'signal', `127.0.0.1:${port}`, ...flags, ...shape], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(`bench signal: ${stderr}`)
  return Object.fromEntries(
    stdout
      .trim()
      .split('\n')
      .map((line) => line.split(/\s{2,}/))
      .map(([name, value]) => [name, Number(value)]),
  )
}

function measureFirstFrame() {
  const out = join(folder, 'first-frame.json')
  const environment = { ...process.env, MAGPIE_BIN: magpie, MAGPIE_BENCH_OUT: out, MAGPIE_BENCH_ROUNDS: '15' }
  const { status } = spawnSync('npx', ['playwright', 'test', '-c', 'bench.config.ts'], {
    cwd: join(root, 'web/e2e'),
    env: environment,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error('the first-frame benchmark failed')
  return JSON.parse(readFileSync(out, 'utf8'))
}

async function serve(flags) {
  const child = spawn(magpie, ['serve', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.log = ''
  child.stderr.on('data', (part) => (child.log += part))
  const line = await firstLine(child)
  child.port = Number(/:(\d+)$/.exec(line)?.[1])
  if (!Number.isInteger(child.port)) throw new Error(`no ready line but "${line}"\n${child.log}`)
  return child
}

/** The port of `--plain`, which the banner names. */
async function plainPort(server) {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(server.log)?.[1]
    if (port !== undefined) return Number(port)
    await new Promise((done) => setTimeout(done, 20))
  }
  throw new Error(`the banner names no plain address:\n${server.log}`)
}

async function firstLine(child) {
  const lines = createInterface(child.stdout)
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => ['(ended)'])])
  return line
}

async function end(child) {
  if (child.exitCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

function residentKb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** The run whose CPU time per message is the median. */
function middle(runs) {
  const sorted = [...runs].sort((a, b) => a['CPU us/message'] - b['CPU us/message'])
  return sorted[Math.floor((sorted.length - 1) / 2)]
}
