// Nothing of the callee leaves before they accept.
import { expect, test } from '../src/fixtures.ts'
import { onlyRelay } from '../src/relay.ts'
import { familyOf, udpSockets } from '../src/sockets.ts'

test('the callee makes no connection, candidate or recording before accepting', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await red.dial(await green.number())
  await expect(green.incoming).toBeVisible()
  await green.page.waitForTimeout(1_500)

  const before = await green.page.evaluate(() => ({ ...window.probe, connections: window.probe.connections.length }))
  expect(before).toMatchObject({ connections: 0, candidates: [], captures: 0 })
  expect(green.sent).not.toEqual([])
  expect(green.sent.filter((frame) => /"t":"signal"|candidate|"sdp"/.test(frame))).toEqual([])
  expect(await red.page.evaluate(() => window.probe.connections.some((one) => one.remoteDescription !== null))).toBe(
    false,
  )

  await green.answer()
  await green.expectConnected()
  expect(await green.page.evaluate(() => window.probe.connections.length)).toBeGreaterThan(0)
})

test('before accepting the callee has no UDP socket open, and the server none for them', async ({ arrive, server }) => {
  const red = await arrive('red')
  // Relayed, since a direct path would be found before a relay is asked for.
  const green = await onlyRelay(await arrive('green', { path: null }), server, 'udp')
  const ofTheCallee = /"t":"signal"|candidate|"sdp"|"peerEndpoint":"/
  const browser = await familyOf('green.y4m')
  const relayed = async (): Promise<number> => await udpSockets([server.pid])

  await red.dial(await green.number())
  await expect(green.incoming).toBeVisible()
  // The caller gathers while it rings, with a relay of its own; what comes on top would be the callee's.
  await red.page.waitForTimeout(2_000)
  const ofTheCaller = await relayed()
  expect(await udpSockets(browser)).toBe(0)
  expect(red.received.filter((frame) => ofTheCallee.test(frame))).toEqual([])

  await green.answer()
  await green.expectConnected()
  expect(await udpSockets(browser)).toBeGreaterThan(0)
  await expect.poll(relayed).toBeGreaterThan(ofTheCaller)
  expect(red.received.filter((frame) => ofTheCallee.test(frame))).not.toEqual([])
})

test('a caller who is declined learns nothing but that', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await red.dial(await green.number())
  await green.decline()
  await expect(red.ended).toBeVisible()
  expect(red.received.filter((frame) => /candidate|"sdp"|"peerEndpoint":"/.test(frame))).toEqual([])
  expect(red.received.filter((frame) => frame.includes('"alerting":true'))).toEqual([])
})
