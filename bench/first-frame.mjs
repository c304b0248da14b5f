// From the dial to the first picture, beside npm `peer` with `peerjs`, in Chromium.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { folder } from './servers.mjs'
import { number, table } from './tables.mjs'

/** Runs the benchmark of the browser tests. */
export function firstFrameSection(magpie) {
  const out = join(folder, 'first-frame.json')
  const { status } = spawnSync('npx', ['playwright', 'test', '-c', 'bench.config.ts'], {
    cwd: resolve(import.meta.dirname, '../web/e2e'),
    env: { ...process.env, MAGPIE_BIN: magpie, MAGPIE_BENCH_OUT: out, MAGPIE_BENCH_ROUNDS: '15' },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  if (status !== 0) throw new Error('the first-frame benchmark failed')
  const { rounds, magpie: ours, peerjs: theirs } = JSON.parse(readFileSync(out, 'utf8'))
  const times = (quantile) => `${number(ours[quantile] / theirs[quantile])}x`
  return `Two warm Chromium pages on loopback, camera already open, the callee accepts at once; from the dial until the caller's page has shown the first frame of
the other side. ${rounds} calls each, in turn; Magpie over TLS with its proof of identity done before, npm \`peer\` 1.0 + \`peerjs\` 1.5 over plain HTTP.

${table(
  ['', 'p50 ms', 'p90 ms'],
  [
    ['Magpie', ours.p50, ours.p90],
    ['npm `peer` + `peerjs`', theirs.p50, theirs.p90],
    ['ratio', times('p50'), times('p90')],
  ],
)}
`
}
