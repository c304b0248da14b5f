// The servers that are measured, each started fresh in a folder of its own.
import { spawn, spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { need } from './packages.mjs'

/** Where everything that a run leaves behind lies. */
export const folder = mkdtempSync(join(tmpdir(), 'magpie-bench-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const bench = resolve(import.meta.dirname)

/** `magpie serve` with these flags; knows its `port`, and its `plainPort` if it has one. */
export async function magpieServer(magpie, flags) {
  const child = spawn(magpie, ['serve', '--listen', '127.0.0.1:0', ...flags], { stdio: ['ignore', 'pipe', 'pipe'] })
  child.log = ''
  child.stderr.on('data', (part) => (child.log += part))
  const line = await firstLine(child)
  child.port = Number(/:(\d+)$/.exec(line)?.[1])
  if (!Number.isInteger(child.port)) throw new Error(`no ready line but "${line}"\n${child.log}`)
  if (flags.includes('--plain')) child.plainPort = await plainPort(child)
  return child
}

/** A relay of Magpie's that knows the user of the load, and allows it as much as it likes; 0 workers is one for each core. */
export function magpieRelay(magpie, workers = 0) {
  const config = join(folder, `workers-${workers}.toml`)
  writeFileSync(config, `[relay]\nworkers = ${workers}\n`)
  const limits = ['--user-quota', '1000000', '--total-quota', '1000000']
  const access = ['--turn-user', 'bench:bench', '--allow-peer', '127.0.0.0/8']
  return magpieServer(magpie, ['--config', config, '--data', join(folder, 'relay'), ...access, ...limits])
}

/** A node script of this folder that prints `ready PORT`. */
export async function nodeServer(script, ...rest) {
  const child = spawn(process.execPath, [join(bench, script), ...rest], { stdio: ['ignore', 'pipe', 'inherit'] })
  const line = await firstLine(child)
  child.port = Number(/^ready (\d+)$/.exec(line)?.[1])
  if (!Number.isInteger(child.port)) throw new Error(`${script}: no ready line but "${line}"`)
  return child
}

/** coturn with one relay thread and long-term credentials. */
export async function coturn() {
  const port = await freePort()
  const address = ['--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '--listening-port', String(port)]
  const access = ['--lt-cred-mech', '--user', 'bench:bench', '--realm', 'bench', '--allow-loopback-peers']
  const quiet = ['--no-cli', '--no-tls', '--no-dtls', '--log-file', '/dev/null', '--no-stdout-log']
  const files = ['--userdb', join(folder, 'turndb'), '--pidfile', join(folder, 'coturn.pid')]
  const nothing = openSync('/dev/null', 'w')
  const child = spawn('turnserver', ['-n', '--relay-threads', '1', ...address, ...access, ...quiet, ...files], {
    stdio: ['ignore', nothing, nothing],
  })
  closeSync(nothing)
  child.port = port
  await answersBindings(child)
  return child
}

/** coturn's version; installs it on Debian when root. Throws `Skipped` with the reason when it cannot be had. */
export function coturnVersion() {
  need('turnserver', 'coturn')
  return spawnSync('turnserver', ['--version'], { encoding: 'utf8' }).stdout.trim().split('\n').at(-1)
}

/** Ends a server at once and waits until it is gone. */
export async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

/** Resident memory of a process. */
export function residentKb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

/** The port of `--plain`, which the banner names. */
async function plainPort(server) {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const port = /http:\/\/127\.0\.0\.1:(\d+)/.exec(server.log)?.[1]
    if (port !== undefined) return Number(port)
    await sleep(20)
  }
  throw new Error(`the banner names no plain address:\n${server.log}`)
}

async function firstLine(child) {
  const lines = createInterface(child.stdout)
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => ['(ended)'])])
  return line
}

async function freePort() {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  socket.close()
  return port
}

/** Asks until a STUN server answers. */
async function answersBindings(child) {
  const socket = createSocket('udp4')
  const answered = once(socket, 'message').then(() => true)
  const request = Buffer.from('000100002112a442000000000000000000000001', 'hex')
  try {
    for (let attempt = 0; attempt < 100; attempt += 1) {
      if (child.exitCode !== null) throw new Error(`turnserver ended with ${child.exitCode}`)
      socket.send(request, child.port, '127.0.0.1')
      if (await Promise.race([answered, sleep(100, false)])) return
    }
    throw new Error('turnserver does not answer')
  } finally {
    socket.close()
  }
}
