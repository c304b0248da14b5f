// Signalling beside the npm servers.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { end, folder, magpieServer, nodeServer } from './servers.mjs'
import { median, number, table, verdict } from './tables.mjs'

/** Each protocol, the npm server that speaks it, and what Magpie promises: CPU us per message and KB per connection, plain and TLS. */
const DOORS = [
  { door: 'native', most: [10, 10, 14, 24] },
  { door: 'peerjs', npm: 'peer', script: 'peer-server.mjs', most: [10, 10, 14, 24] },
  { door: 'socketio', npm: 'socket.io', script: 'socketio-server.mjs', most: [16, 32] },
]

const LOADS = [
  { tls: false, connections: 1_000 },
  { tls: false, connections: 10_000 },
  { tls: true, connections: 1_000 },
  { tls: true, connections: 10_000 },
  { tls: false, connections: 10_000, rate: 2_000 },
]

const FIGURES = [
  ['CPU us/message', 'cpu_us_per_message'],
  ['KB/connection', 'kb_per_connection'],
  ['connections/s', 'connections_per_second'],
  ['messages/s', 'messages_per_second'],
  ['p50 ms', 'p50_ms'],
  ['p99 ms', 'p99_ms'],
]

/** The same load on Magpie's doors and on the npm servers, alternated. `wanted` is one door. */
export async function signallingSection(magpie, rounds, wanted) {
  const doors = DOORS.filter(({ door }) => wanted === undefined || door === wanted)
  const parts = []
  for (const load of LOADS) {
    const runs = new Map(doors.flatMap(({ door }) => [`magpie ${door}`, `npm ${door}`].map((name) => [name, []])))
    for (let round = 0; round < rounds; round += 1) {
      for (const door of doors) {
        runs.get(`magpie ${door.door}`).push(await onMagpie(magpie, door, load))
        if (door.npm) runs.get(`npm ${door.door}`).push(await onNpm(magpie, door, load))
      }
    }
    parts.push(part(load, doors, runs))
    process.stderr.write(`signalling: ${title(load)}\n`)
  }
  const count = rounds === 1 ? 'One run' : `Medians of ${rounds} runs`
  return `\`magpie bench signal\`: so many connections, 100 pairs of them relaying messages of about 200 bytes to each other for 5 s, as fast as the native protocol's limit of 100
a second allows, or 2,000 a second in all. CPU is user and system time of the server's process per message that arrived; memory is the growth of its
resident size per connection before the first message; 32 connections are made at a time. ${count} each, every server in turn, on a fresh one.
Native messages carry acknowledgements, those of PeerJS and Socket.IO do not. Pairs of Socket.IO are in a room of two.

${parts.join('\n')}`
}

function title({ tls, connections, rate }) {
  return `${connections} connections${tls ? ', TLS' : ''}${rate ? `, ${rate} messages/s` : ''}`
}

async function onMagpie(magpie, { door }, load) {
  const data = ['--data', join(folder, `signal-${load.tls}`)]
  const server = await magpieServer(magpie, [...data, ...(load.tls ? [] : ['--plain', '127.0.0.1:0'])])
  const report = run(magpie, door, load, load.tls ? server.port : server.plainPort, server.pid)
  await end(server)
  return report
}

async function onNpm(magpie, { door, script }, load) {
  const certificate = load.tls ? [join(folder, 'signal-true/leaf.pem'), join(folder, 'signal-true/leaf-key.pem')] : []
  const server = await nodeServer(script, ...certificate)
  const report = run(magpie, door, load, server.port, server.pid)
  await end(server)
  return report
}

/** One run; what went wrong is said, and counts for nothing. */
function run(magpie, door, { tls, connections, rate }, port, pid) {
  const shape = ['--connections', String(connections), '--pairs', '100', '--seconds', '5', '--pid', String(pid)]
  const flags = ['--json', '--door', door, ...(tls ? [] : ['--plain']), ...(rate ? ['--rate', String(rate)] : [])]
  const { stdout, stderr, status } = spawnSync(magpie, ['bench', 'signal', `127.0.0.1:${port}`, ...flags, ...shape], {
    encoding: 'utf8',
  })
  if (status === 0) return JSON.parse(stdout)
  process.stderr.write(`bench signal, ${door}: ${stderr}`)
  return {}
}

function part(load, doors, runs) {
  const middle = (name, figure) => median(runs.get(name).map((report) => report[figure]))
  const row = (label, name) => [label, ...FIGURES.map(([, figure]) => number(middle(name, figure)))]
  const rows = doors.flatMap(({ door, npm, most }) => {
    const ours = `magpie ${door}`
    const promised = most.slice(load.tls ? 2 : 0, load.tls ? 4 : 2)
    const verdicts = load.rate
      ? []
      : promised.map((limit, at) => `${limit}: ${verdict(middle(ours, FIGURES[at][1]), limit)}`)
    const promises = [`at most`, ...verdicts, ...Array(FIGURES.length - verdicts.length).fill('')]
    if (!npm) return [row(`Magpie, ${door}`, ours), ...(verdicts.length > 0 ? [promises] : [])]
    const ratios = FIGURES.map(([, figure]) => `${number(middle(ours, figure) / middle(`npm ${door}`, figure))}x`)
    return [
      row(`Magpie, ${door}`, ours),
      row(`npm \`${npm}\``, `npm ${door}`),
      ['ratio', ...ratios],
      ...(verdicts.length > 0 ? [promises] : []),
    ]
  })
  return `### ${title(load)}\n\n${table(['', ...FIGURES.map(([head]) => head)], rows)}\n`
}
