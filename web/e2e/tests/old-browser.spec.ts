// A browser that lacks a part of WebRTC is helped by the adapter, which nobody else has to load.
import { expect, test } from '../src/fixtures.ts'
import { connect } from '../src/person.ts'

/** What browsers before 2023 did not have. */
function forgetConnectionState(): void {
  Reflect.deleteProperty(RTCPeerConnection.prototype, 'connectionState')
  Reflect.deleteProperty(RTCPeerConnection.prototype, 'onconnectionstatechange')
}

test('a browser without connectionState loads the adapter, and a call connects', async ({ arrive }) => {
  const ann = await arrive('red', { before: forgetConnectionState })
  const bob = await arrive('blue')
  await connect(ann, bob)
  await ann.expectFrames()
  await bob.expectFrames()
  expect(await ann.page.evaluate(() => 'connectionState' in RTCPeerConnection.prototype)).toBe(true)
  const loaded = await bob.page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
  expect(loaded.filter((name) => name.includes('adapter'))).toEqual([])
})
