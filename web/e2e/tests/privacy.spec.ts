// Nothing of the callee leaves before they accept.
import { expect, test } from '../src/fixtures.ts'

test('the callee makes no connection, candidate or recording before accepting', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  const sent: string[] = []
  green.page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(String(payload))))
  await green.page.reload()
  await red.dial(await green.number())
  await expect(green.incoming).toBeVisible()
  await green.page.waitForTimeout(1_500)

  const before = await green.page.evaluate(() => ({ ...window.probe, connections: window.probe.connections.length }))
  expect(before).toMatchObject({ connections: 0, candidates: [], captures: 0 })
  expect(sent.filter((frame) => /"t":"signal"|candidate|"sdp"/.test(frame))).toEqual([])
  expect(await red.page.evaluate(() => window.probe.connections.some((one) => one.remoteDescription !== null))).toBe(
    false,
  )

  await green.answer()
  await green.expectConnected()
  expect(await green.page.evaluate(() => window.probe.connections.length)).toBeGreaterThan(0)
})

test('a caller who is declined learns nothing but that', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  const received: string[] = []
  red.page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => received.push(String(payload))))
  await red.page.reload()
  await red.dial(await green.number())
  await green.decline()
  await expect(red.ended).toBeVisible()
  expect(received.filter((frame) => /candidate|"sdp"|"peerEndpoint":"/.test(frame))).toEqual([])
  expect(received.filter((frame) => frame.includes('"alerting":true'))).toEqual([])
})
