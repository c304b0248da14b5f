// Signalling beside the npm servers.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { end, folder, magpieServer, nodeServer } from './servers.mjs'
import { median, number, table } from './tables.mjs'

const FIGURES = [
  ['CPU us/message', 'cpu_us_per_message'],
  ['KB/connection', 'kb_per_connection'],
  ['messages/s', 'messages_per_second'],
  ['p50 ms', 'p50_ms'],
  ['p99 ms', 'p99_ms'],
]

/** The same load on Magpie and on npm `peer`, without and with TLS, few and many connections, alternated. */
export async function signallingSection(magpie, rounds) {
  const rows = []
  for (const tls of [false, true]) {
    for (const connections of [1_000, 10_000]) {
      const ours = []
      const theirs = []
      for (let round = 0; round < rounds; round += 1) {
        ours.push(await onMagpie(magpie, tls, connections))
        theirs.push(await onPeer(magpie, tls, connections))
      }
      rows.push(...lines(tls, connections, ours, theirs))
    }
  }
  return `\`magpie bench signal\`: so many connections, 100 pairs of them in a call, each relaying messages of about 200 bytes to the other as fast as the protocol's limit of 100 a second
allows, for 5 s. CPU is user and system time of the server's process per message that arrived; memory is the growth of its resident size per connection
before the first message. ${rounds === 1 ? 'One run' : `Medians of ${rounds} runs`} each, alternated. Both speak their own protocol: Magpie's messages carry acknowledgements, those of PeerJS do not.

${table(['', 'connections', ...FIGURES.map(([head]) => head)], rows)}
`
}

async function onMagpie(magpie, tls, connections) {
  const data = ['--data', join(folder, `signal-${tls}`)]
  const server = await magpieServer(magpie, [...data, ...(tls ? [] : ['--plain', '127.0.0.1:0'])])
  const report = load(magpie, 'native', tls, tls ? server.port : server.plainPort, server.pid, connections)
  await end(server)
  return report
}

async function onPeer(magpie, tls, connections) {
  const certificate = tls ? [join(folder, 'signal-true/leaf.pem'), join(folder, 'signal-true/leaf-key.pem')] : []
  const server = await nodeServer('peer-server.mjs', ...certificate)
  const report = load(magpie, 'peerjs', tls, server.port, server.pid, connections)
  await end(server)
  return report
}

function load(magpie, door, tls, port, pid, connections) {
  const shape = ['--connections', String(connections), '--pairs', '100', '--seconds', '5', '--pid', String(pid)]
  const flags = ['--json', '--door', door, ...(tls ? [] : ['--plain'])]
  const run = spawnSync(magpie, ['bench', 'signal', `127.0.0.1:${port}`, ...flags, ...shape], { encoding: 'utf8' })
  if (run.status !== 0) throw new Error(`bench signal: ${run.stderr}`)
  return JSON.parse(run.stdout)
}

function lines(tls, connections, ours, theirs) {
  const kind = tls ? ', TLS' : ''
  const middle = (runs, figure) => median(runs.map((run) => run[figure]))
  const row = (name, runs) => [name, connections, ...FIGURES.map(([, figure]) => number(middle(runs, figure)))]
  const ratios = FIGURES.slice(0, 2).map(([, figure]) => `${number(middle(ours, figure) / middle(theirs, figure))}x`)
  return [
    row(`Magpie${kind}`, ours),
    row(`npm \`peer\`${kind}`, theirs),
    [`ratio${kind}`, connections, ...ratios, '', '', ''],
  ]
}
