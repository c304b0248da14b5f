// A person who hides their address: the other side hears of relayed candidates only, whatever the page says.
import { expect, test } from '../src/fixtures.ts'
import { connect, type Person } from '../src/person.ts'
import type { Server } from '../src/server.ts'

test('the other side learns relayed candidates only, in descriptions too', async ({ arrive, server }) => {
  const red = await hidden(await arrive('red', { path: null }), server)
  const green = await arrive('green')
  await connect(red, green)
  await Promise.all([red.expectSees('green'), green.expectSees('red')])

  expect(await red.route()).toMatchObject({ local: 'relay' })
  expect(await green.route()).toMatchObject({ remote: 'relay' })
  const signals = green.received.filter((frame) => frame.includes('"t":"signal"'))
  const candidates = signals.flatMap((frame) => frame.match(/candidate:[^"\\]*/g) ?? [])
  expect(candidates.length).toBeGreaterThan(0)
  expect(candidates.filter((one) => !/ typ relay raddr (0\.0\.0\.0|::) rport 9/.test(one))).toEqual([])
  const places = signals.flatMap((frame) => frame.match(/c=IN IP[46] [^"\\]*/g) ?? [])
  expect(places.length).toBeGreaterThan(0)
  expect(places.filter((one) => !/c=IN (IP4 0\.0\.0\.0|IP6 ::)$/.test(one))).toEqual([])
  const remote = await green.page.evaluate(() =>
    window.probe.connections.map((one) => one.remoteDescription?.sdp ?? '').join('\n'),
  )
  expect(remote).toContain('typ relay')
  expect(remote).not.toMatch(/typ (host|srflx|prflx)/)
})

test('the server holds back what a page should not have said', async ({ arrive, server }) => {
  const red = await hidden(await arrive('red', { path: null }), server, true)
  const green = await arrive('green')
  await connect(red, green)
  await green.expectSees('red')

  const said = await red.page.evaluate(() => window.probe.candidates)
  expect(said.filter((one) => one.includes('typ host'))).not.toEqual([])
  expect(green.received.filter((frame) => /typ (host|srflx|prflx)/.test(frame))).toEqual([])
})

/** Chooses to hide the address; a `careless` page gathers every candidate all the same. */
async function hidden(person: Person, server: Server, careless = false): Promise<Person> {
  if (careless) await person.page.addInitScript(gatherAll)
  await person.page.goto(`${server.origin}/settings`)
  const hide = person.page.getByRole('switch', { name: 'Hide my address' })
  await hide.check()
  await expect(hide).toBeChecked()
  await person.page.goto(server.origin)
  return person
}

/** Runs in the page, before its own scripts. */
function gatherAll(): void {
  const Native = window.RTCPeerConnection
  window.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super({ ...configuration, iceTransportPolicy: 'all' })
    }
  }
}
