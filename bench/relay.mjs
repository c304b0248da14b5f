// The relay beside the plain loop and coturn.
import { spawnSync } from 'node:child_process'
import { coturn, coturnVersion, end, magpieRelay } from './servers.mjs'
import { median, number, table, verdict } from './tables.mjs'

const ALL = ['floor', 'magpie', 'coturn']
const TURN = ['magpie', 'coturn']
/** Each client's next packet leaves when its last has arrived, 16 in all: nothing of one flow can be sent together. */
const ONE_EACH = ['--payload', '200', '--window', '1', '--in-flight', '16', '--clients']

/**
 * What is measured, on which servers, and the most Magpie may cost: so many times what the `than` server takes, or what
 * itself takes in another row.
 */
const RELAYED = [
  { name: '200 B up', flags: ['--payload', '200'], on: ALL, than: 'floor', most: 1.05 },
  { name: '1200 B up', flags: [], on: ALL, than: 'floor', most: 1.05 },
  { name: '200 B down', flags: ['--payload', '200', '--direction', 'down'], on: ALL, than: 'floor', most: 1.05 },
  { name: '1200 B down', flags: ['--direction', 'down'], on: ALL, than: 'floor', most: 1.05 },
  { name: '200 B up, 20,000/s', flags: ['--payload', '200', '--rate', '20000'], on: ALL, than: 'floor', most: 1.05 },
  {
    name: '1200 B down, 20,000/s',
    flags: ['--direction', 'down', '--rate', '20000'],
    on: ALL,
    than: 'floor',
    most: 1.05,
  },
  { name: 'bursts of 8 x 1200 B up', flags: ['--burst', '8'], on: ALL, than: 'coturn', most: 0.3 },
  {
    name: 'bursts of 8 x 1200 B down',
    flags: ['--burst', '8', '--direction', 'down'],
    on: ALL,
    than: 'coturn',
    most: 0.3,
  },
  {
    name: 'relay to relay, 200 B',
    flags: ['--payload', '200', '--direction', 'pair'],
    on: TURN,
    than: 'coturn',
    most: 0.55,
  },
  { name: 'relay to relay, 1200 B', flags: ['--direction', 'pair'], on: TURN, than: 'coturn', most: 0.55 },
  {
    name: '200 B up, 20,000/s, one worker',
    flags: ['--payload', '200', '--rate', '20000'],
    workers: 1,
    on: ALL,
    than: 'floor',
    most: 1.05,
  },
  {
    name: '1200 B down, 20,000/s, one worker',
    flags: ['--direction', 'down', '--rate', '20000'],
    workers: 1,
    on: ALL,
    than: 'floor',
    most: 1.05,
  },
  {
    name: '16 allocations, one packet at a time, one worker',
    flags: [...ONE_EACH, '16'],
    workers: 1,
    on: ALL,
    than: 'floor',
    most: 1.05,
  },
  { name: '16 allocations, one packet at a time', flags: [...ONE_EACH, '16'], on: ALL, than: 'floor', most: 1.05 },
  {
    name: '5,000 allocations, one packet at a time',
    flags: [...ONE_EACH, '5000'],
    on: ALL,
    than: '16 allocations, one packet at a time',
    most: 1.25,
  },
  {
    name: '5,000 allocations, 200 B up, 20,000/s',
    flags: ['--payload', '200', '--rate', '20000', '--clients', '5000'],
    on: ALL,
    than: '200 B up, 20,000/s',
    most: 1.25,
  },
  { name: 'TCP, 200 B up', flags: ['--payload', '200', '--transport', 'tcp'], on: TURN, than: 'coturn', most: 0.8 },
  { name: 'TCP, 1200 B up', flags: ['--transport', 'tcp'], on: TURN, than: 'coturn', most: 0.8 },
]

/** The same for requests, and the most Magpie may take, in the unit of the row. */
const REQUESTED = [
  { name: 'CPU us per Allocate cycle', flags: ['--mode', 'allocate'], figure: 'cpu_us_each', most: 50 },
  { name: 'CPU us per Binding', flags: ['--mode', 'binding'], figure: 'cpu_us_each', most: 6 },
  {
    name: 'KB per allocation, of 5,000',
    flags: ['--mode', 'memory', '--clients', '5000'],
    figure: 'kb_per_allocation',
    most: 4,
  },
]

/** Measures everything of which the name contains `wanted`. */
export async function relaySection(magpie, rounds, wanted = '') {
  const missing = noCoturn()
  const servers = (row) => (row.on ?? TURN).filter((server) => server !== 'coturn' || !missing)
  const chosen = (rows) => rows.filter((row) => row.name.includes(wanted) || RELAYED.some((r) => r.than === row.name))
  const rows = [...chosen(RELAYED), ...REQUESTED.filter((row) => row.name.includes(wanted))]
  const runs = new Map(rows.map((row) => [row.name, { floor: [], magpie: [], coturn: [] }]))
  for (let round = 0; round < rounds; round += 1) {
    for (const row of rows) {
      for (const server of servers(row)) runs.get(row.name)[server].push(await measure(magpie, server, row))
    }
    process.stderr.write(`relay: round ${round + 1} of ${rounds}\n`)
  }
  return page({ rounds, coturn: missing ?? `coturn ${coturnVersion()}`, runs })
}

function noCoturn() {
  try {
    coturnVersion()
  } catch (error) {
    return `coturn was skipped: ${error.message}`
  }
}

/** One run on a fresh server; up to three times, since a run that lost packets means nothing. */
async function measure(magpie, server, row) {
  let said = ''
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const child =
      server === 'floor' ? undefined : await (server === 'coturn' ? coturn() : magpieRelay(magpie, row.workers))
    const floor = ['--floor', ...(row.workers ? ['--floor-threads', String(row.workers)] : [])]
    const target = child ? [`127.0.0.1:${child.port}`, '--pid', String(child.pid)] : floor
    const load = ['bench', 'relay', ...target, '--json', '--seconds', '2', ...row.flags]
    const { stdout, stderr, status } = spawnSync(magpie, load, { encoding: 'utf8' })
    if (child) await end(child)
    if (status === 0) return JSON.parse(stdout)
    said = stderr.trim()
  }
  process.stderr.write(`${server}, ${row.name}: ${said}\n`)
  return undefined
}

function page({ rounds, coturn, runs }) {
  const of = (name, server, figure) => runs.get(name)[server].map((run) => run?.[figure])
  const cpu = (name, server) => of(name, server, 'cpu_us_per_packet')
  const relayed = RELAYED.filter((row) => runs.has(row.name)).map((row) => {
    const [ours, floor, theirs] = ['magpie', 'floor', 'coturn'].map((server) => cpu(row.name, server))
    const than = runs.has(row.than) ? cpu(row.than, 'magpie') : { floor, coturn: theirs }[row.than]
    const name = runs.has(row.than) ? `itself, ${row.than}` : { floor: 'plain loop', coturn: 'coturn' }[row.than]
    const segments = median(of(row.name, 'magpie', 'segments_per_receive'))
    const times = median(ours.map((us, round) => us / than[round]))
    // What grows for the plain loop too is the kernel's.
    const grown = runs.has(row.than) ? median(floor.map((us, round) => us / cpu(row.than, 'floor')[round])) : undefined
    const remark = grown ? `, the plain loop ${number(grown)}x` : ''
    return [
      row.name,
      ...[floor, ours, theirs].map((us) => number(median(us))),
      number(median(ours.map((us, round) => us / floor[round]))),
      number(median(ours.map((us, round) => us / theirs[round]))),
      number(segments),
      `${row.most} x ${name}: ${verdict(times, row.most, 'x')}${remark}`,
    ]
  })
  const requested = REQUESTED.filter((row) => runs.has(row.name)).map((row) => {
    const [ours, theirs] = TURN.map((server) => median(of(row.name, server, row.figure)))
    return [row.name, number(ours), number(theirs), number(ours / theirs), `${row.most}: ${verdict(ours, row.most)}`]
  })
  return `\`magpie bench relay\`: 16 clients on UDP unless said, each with an allocation and a channel; CPU is user and system time of all threads of the server's process
per packet that arrived at an independent receiver, over 2 s after half a second of the same load. Two threads send and two receive. Unless a rate is said, each client
keeps up to 8 packets under way, all together 64: the server is busy but loses nothing. Packets carry numbers; a run that lost more than 0.1 % is void and repeated.
The plain loop is \`--floor\`: epoll, recvfrom and sendto with the sockets of a TURN server, a look-up per packet and nothing else, in a process of its own with as many threads
as Magpie has workers: one for each core unless said. At low rates more of them wake up, each for fewer packets. On loopback the kernel's work of receiving is counted to whoever sends.
Beside ${coturn}, one relay thread. ${rounds} rounds, in each of which every row ran on every server in turn, on a fresh
one; figures are medians, and ratios medians of the ratios of each round. Segments are packets per system call at the receiver: above 1 the server sent several in one.

${table(['CPU us per packet', 'plain loop', 'Magpie', 'coturn', '/ plain loop', '/ coturn', 'segments', 'at most'], relayed)}

${table(['', 'Magpie', 'coturn', '/ coturn', 'at most'], requested)}
`
}
