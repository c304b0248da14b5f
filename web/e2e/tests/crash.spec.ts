// The server dies during a call.
import { connect, type Person } from '../src/person.ts'
import { expect, test, type Arrive } from '../src/fixtures.ts'
import { longestStall } from '../src/probe.ts'
import { onlyRelay } from '../src/relay.ts'
import type { Server } from '../src/server.ts'

/** Milliseconds. Machines are not alike: each figure is printed, and three times what is promised fails. */
const signallingBackWithin = 3 * 5_000
const relayedBackWithin = 3 * 5_000
const stallOf = 3 * 500

for (const round of [1, 2, 3]) {
  test(`direct media goes on and signalling is back within 5 s, round ${round}`, async ({ arrive, server }) => {
    const red = await arrive('red')
    const green = await arrive('green')
    await connect(red, green)
    await Promise.all([red.expectFrames(), green.expectFrames()])

    const stalls = Promise.all([red, green].map((person) => person.remoteVideo.evaluate(longestStall, 6_000)))
    const back = await crashAndReturn(server, [red, green])
    const longest = await stalls
    console.log(`  back in signalling after ${back} ms; longest stall of the picture ${longest.join(' and ')} ms`)
    expect(Math.max(...longest)).toBeLessThan(stallOf)

    await red.hangUp()
    await expect(green.ended).toBeVisible()
  })
}

test('relayed media comes back by itself within 5 s', async ({ arrive, server }) => {
  const { red, green } = await relayedCall(arrive, server)
  const stalls = Promise.all([red, green].map((person) => person.remoteVideo.evaluate(longestStall, 20_000)))
  await crashAndReturn(server, [red, green])
  const longest = await stalls
  console.log(`  pictures came through the relay again after ${longest.join(' and ')} ms`)
  expect(Math.max(...longest)).toBeLessThan(relayedBackWithin)
  expect((await red.route())?.local).toBe('relay')
  await green.hangUp()
  await expect(red.ended).toBeVisible()
})

test('a server that starts again and again, at once or after a moment, is met over a WebSocket each time', async ({
  arrive,
  server,
}) => {
  const red = await arrive('red', { path: null })
  let welcomes = 0
  red.page.on('websocket', (socket) => {
    socket.on('framereceived', ({ payload }) => (welcomes += String(payload).includes('"t":"welcome"') ? 1 : 0))
  })
  await red.page.goto(server.origin)
  await red.number()
  for (const away of [0, 60, 300]) {
    const before = welcomes
    await server.kill()
    await red.page.waitForTimeout(away)
    await server.start()
    await expect.poll(() => welcomes).toBeGreaterThan(before)
    // Two that are lost sooner look like something on the way that cuts WebSockets.
    await red.page.waitForTimeout(5_200)
  }
})

async function relayedCall(arrive: Arrive, server: Server): Promise<{ red: Person; green: Person }> {
  const red = await onlyRelay(await arrive('red', { path: null }), server, 'udp')
  const green = await onlyRelay(await arrive('green', { path: null }), server, 'udp')
  await connect(red, green)
  await Promise.all([red.expectFrames(), green.expectFrames()])
  return { red, green }
}

/** @returns milliseconds from the kill until every page has been welcomed again */
async function crashAndReturn(server: Server, people: Person[]): Promise<number> {
  const begin = performance.now()
  const welcomes = people.map(async (person) => {
    await person.frame('framereceived', /"t":"welcome"/)
    return performance.now() - begin
  })
  await server.crash()
  const took = Math.round(Math.max(...(await Promise.all(welcomes))))
  expect(took).toBeLessThan(signallingBackWithin)
  return took
}
