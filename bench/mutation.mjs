// A million broken packets.
import { spawnSync } from 'node:child_process'
import { end, magpieRelay } from './servers.mjs'
import { number, table, verdict } from './tables.mjs'

/** Sends them to a fresh relay; throws when it does not answer any more. */
export async function mutationSection(magpie) {
  const server = await magpieRelay(magpie)
  const load = ['bench', 'mutate', `127.0.0.1:${server.port}`, '--pid', String(server.pid), '--json']
  const { stdout, stderr, status } = spawnSync(magpie, load, { encoding: 'utf8' })
  await end(server)
  if (status !== 0) throw new Error(`bench mutate: ${stderr}\n${server.log}`)
  const report = JSON.parse(stdout)
  const rows = [
    ['packets', report.packets],
    ['of those correctly signed', report.signed],
    ['batches after which a Binding and an Allocate were answered', report.batches],
    ['growth of resident memory, KB; at most', `${number(report.growth_kb)}; 8192: ${verdict(report.growth_kb, 8192)}`],
  ]
  return `\`magpie bench mutate\`: messages of any method with made-up attributes, signed, and packets damaged in every way, from 32 clients with a seeded generator.

${table(['', ''], rows)}
`
}
