// The page docs/benchmarks.md from what was measured.

/** Median and 90th percentile of some times. */
export function figures(times) {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share) => sorted[Math.floor((sorted.length - 1) * share)]
  return { p50: at(0.5), p90: at(0.9) }
}

/** @returns the whole page in Markdown */
export function page({ machine, date, rounds, start, binaryMb, signalling, firstFrame }) {
  return `# Benchmarks

Made by \`make bench\` on ${date}: ${machine}. Machines differ and are noisy: the ratios, taken alternately in one run, are what counts.

## Dial to first decoded frame

Two warm Chromium pages on loopback, camera already open, the callee accepts at once; from the dial until the caller's page has shown the first frame of
the other side. ${firstFrame.rounds} calls each, in turn; Magpie over TLS with its proof of identity done before, npm \`peer\` 1.0 + \`peerjs\` 1.5 over plain HTTP.

| | p50 ms | p90 ms |
| --- | --- | --- |
| Magpie | ${firstFrame.magpie.p50} | ${firstFrame.magpie.p90} |
| npm \`peer\` + \`peerjs\` | ${firstFrame.peerjs.p50} | ${firstFrame.peerjs.p90} |
| ratio | ${ratio(firstFrame.magpie.p50, firstFrame.peerjs.p50)} | ${ratio(firstFrame.magpie.p90, firstFrame.peerjs.p90)} |

## Signalling

\`magpie bench signal\`: so many connections, 100 pairs of them in a call, each relaying messages of about 200 bytes to the other as fast as the protocol's limit of 100 a second
allows, for 5 s. CPU is user and system time of the server's process per message that arrived; memory is the growth of its resident size per connection
before the first message. ${rounds === 1 ? 'One run' : `Median of ${rounds} runs`} each, alternated. Both speak their own protocol: Magpie's messages carry acknowledgements, those of PeerJS do not.

| | connections | CPU us/message | KB/connection | messages/s | p50 ms | p99 ms |
| --- | --- | --- | --- | --- | --- | --- |
${signalling.flatMap(rows).join('\n')}

## Start and size

| | |
| --- | --- |
| start to \`ready\`, existing data folder | p50 ${start.ready.p50.toFixed(0)} ms, p90 ${start.ready.p90.toFixed(0)} ms |
| resident memory, idle | ${start.idleMb.toFixed(1)} MB |
| binary, page included | ${binaryMb.toFixed(1)} MB |
`
}

function rows({ tls, connections, magpie, peer }) {
  const kind = tls ? ', TLS' : ''
  const ratios = `| ratio${kind} | ${connections} | ${ratio(magpie['CPU us/message'], peer['CPU us/message'])} | ${ratio(magpie['KB/connection'], peer['KB/connection'])} | | | |`
  return [row(`Magpie${kind}`, connections, magpie), row(`npm \`peer\`${kind}`, connections, peer), ratios]
}

function row(name, connections, report) {
  const columns = ['CPU us/message', 'KB/connection', 'messages/s', 'p50 ms', 'p99 ms']
  return `| ${name} | ${connections} | ${columns.map((column) => report[column]).join(' | ')} |`
}

function ratio(ours, theirs) {
  return `${(ours / theirs).toFixed(2)}x`
}
