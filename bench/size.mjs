// How fast Magpie starts and how much it takes doing nothing.
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { end, folder, magpieServer, residentKb } from './servers.mjs'
import { quantiles, table } from './tables.mjs'

/** From start to `ready` with a data folder that exists, resident memory then, and the size of the binary. */
export async function sizeSection(magpie) {
  const times = []
  let idleMb = 0
  for (let round = 0; round <= 10; round += 1) {
    const begin = performance.now()
    const server = await magpieServer(magpie, ['--data', join(folder, 'start')])
    if (round > 0) times.push(performance.now() - begin)
    idleMb = residentKb(server.pid) / 1024
    await end(server)
  }
  const { p50, p90 } = quantiles(times)
  return `${table(
    ['', ''],
    [
      ['start to `ready`, existing data folder', `p50 ${p50.toFixed(0)} ms, p90 ${p90.toFixed(0)} ms`],
      ['resident memory, idle', `${idleMb.toFixed(1)} MB`],
      ['binary, page included', `${(statSync(magpie).size / 1e6).toFixed(1)} MB`],
    ],
  )}
`
}
