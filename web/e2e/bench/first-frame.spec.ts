// Dial to first decoded frame, warm pages on loopback, the callee accepts at once: ours beside npm `peer` + `peerjs`,
// alternated in one run. Writes a JSON report to MAGPIE_BENCH_OUT.
import { test, expect, type BrowserContext, type Page } from '@playwright/test'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { PeerServer } from 'peer'
import { build } from 'vite'
import { launch } from '../src/browser.ts'
import { exportCa } from '../src/ca.ts'
import { Server } from '../src/server.ts'
import { trustInHome } from '../src/trust.ts'

const rounds = Number(process.env['MAGPIE_BENCH_ROUNDS'] ?? 15)
const warmUp = 2

test('dial to first decoded frame', async () => {
  test.setTimeout(300_000)
  const folder = await mkdtemp(join(tmpdir(), 'magpie-first-frame-'))
  const data = await exportCa(folder)
  const home = join(folder, 'home')
  await trustInHome(home, join(folder, 'ca.pem'))
  await cp(data, join(folder, 'data'), { recursive: true })
  const magpie = new Server(join(folder, 'data'))
  await magpie.start()
  const peer = await startPeer()
  const browser = await launch(home)
  try {
    const context = async (): Promise<BrowserContext> => await browser.newContext({ bypassCSP: true })
    const ours = await pair(context, `${magpie.origin}/health/live`, 'magpie')
    const theirs = await pair(context, `http://localhost:${peer.port}/peerjs`, 'peerjs')
    const times = { magpie: [] as number[], peerjs: [] as number[] }
    for (let round = 0; round < rounds + warmUp; round += 1) {
      const a = await lap(ours)
      const b = await lap(theirs)
      if (round < warmUp) continue
      times.magpie.push(a)
      times.peerjs.push(b)
    }
    const report = { rounds, magpie: summary(times.magpie), peerjs: summary(times.peerjs) }
    console.log(JSON.stringify(report))
    const out = process.env['MAGPIE_BENCH_OUT']
    if (out !== undefined) await writeFile(out, JSON.stringify(report, null, 2))
    expect(times.magpie).toHaveLength(rounds)
  } finally {
    await browser.close()
    await magpie.stop()
    peer.close()
    await rm(folder, { recursive: true, force: true })
  }
})

type Pair = [Page, Page]

async function pair(context: () => Promise<BrowserContext>, origin: string, entry: string): Promise<Pair> {
  const script = await bundle(entry)
  const open = async (): Promise<Page> => {
    const page = await (await context()).newPage()
    // A real answer of the server first: a page made up by the test may not talk to a loopback address.
    await page.goto(origin)
    await page.setContent('<!doctype html><title>bench</title><body></body>')
    await page.addScriptTag({ content: script, type: 'module' })
    await page.waitForFunction(() => 'contestant' in window)
    return page
  }
  return [await open(), await open()]
}

async function lap([caller, callee]: Pair): Promise<number> {
  const to = await callee.evaluate(async () => await window.contestant.ready())
  await caller.evaluate(async () => await window.contestant.ready())
  const time = await caller.evaluate(async (name) => await window.contestant.dial(name), to)
  await caller.evaluate(async () => {
    await window.contestant.end()
  })
  await callee.evaluate(async () => {
    await window.contestant.end()
  })
  return time
}

async function bundle(entry: string): Promise<string> {
  const input = resolve(import.meta.dirname, `pages/${entry}.ts`)
  const output = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      lib: { entry: input, formats: ['es'], fileName: entry },
      rolldownOptions: { output: { codeSplitting: false } },
    },
  })
  const first = Array.isArray(output) ? output[0] : output
  if (first === undefined || !('output' in first)) throw new Error('the bench page was not built')
  return first.output[0].code
}

async function startPeer(): Promise<{ port: number; close: () => void }> {
  return await new Promise((done) => {
    const server = PeerServer({ port: 0, host: '127.0.0.1', path: '/peerjs' }, (http) => {
      const { port } = http.address() as AddressInfo
      done({ port, close: () => http.close() })
    })
    server.on('error', (error) => {
      throw error
    })
  })
}

function summary(times: number[]): { p50: number; p90: number; all: number[] } {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN)
  return { p50: at(0.5), p90: at(0.9), all: sorted.map(Math.round) }
}
