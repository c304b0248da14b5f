// Instructions the relay's state machine takes, counted by callgrind.
import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import { need } from './packages.mjs'
import { number, table, verdict } from './tables.mjs'

const ROWS = [
  ['ChannelData, client to peer', 'client-to-peer', 300],
  ['ChannelData, peer to client', 'peer-to-client', 300],
  ['ChannelData, client to client', 'client-to-client'],
  ['Binding', 'binding'],
  ['Allocate, challenged', 'challenge'],
]

/** Counts twice with different numbers of packets: the difference is free of everything that happens once. */
export function instructionsSection() {
  need('valgrind', 'valgrind')
  const program = build()
  const [few, many] = [1_000, 11_000]
  const rows = ROWS.map(([name, what, most]) => {
    const each = (count(program, what, many) - count(program, what, few)) / (many - few)
    return [name, number(each), most ? `${most}: ${verdict(each, most)}` : '']
  })
  return `\`crates/relay/benches/instructions.rs\` under \`valgrind --tool=callgrind\`: instructions of the state machine per packet, 16 allocations, without sockets.
The loop that calls it, about 50 of them, is counted too. Times of the same:
\`cargo bench -p magpie-relay --bench packets\`.

${table(['', 'instructions', 'at most'], rows)}
`
}

function build() {
  const flags = ['bench', '-p', 'magpie-relay', '--bench', 'instructions', '--no-run', '--message-format', 'json']
  const built = spawnSync('cargo', flags, {
    cwd: resolve(import.meta.dirname, '..'),
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  })
  if (built.status !== 0) throw new Error(`cargo bench: ${built.stderr}`)
  const messages = built.stdout.split('\n').filter((line) => line.includes('"executable":"'))
  return JSON.parse(messages.at(-1)).executable
}

function count(program, what, times) {
  const flags = ['--tool=callgrind', '--callgrind-out-file=/dev/null', program, what, String(times)]
  const run = spawnSync('valgrind', flags, { encoding: 'utf8' })
  const found = /Collected : (\d+)/.exec(run.stderr)
  if (run.status !== 0 || !found) throw new Error(`valgrind ${flags.join(' ')}: ${run.stderr}`)
  return Number(found[1])
}
