import { connect } from '../src/person.ts'
import { expect, test } from '../src/fixtures.ts'
import { onlyRelay, type RelayPath } from '../src/relay.ts'

for (const path of ['udp', 'tcp', 'tls'] satisfies RelayPath[]) {
  test(`a call goes through the relay over ${path.toUpperCase()} alone`, async ({ arrive, server }) => {
    const red = await onlyRelay(await arrive('red', { path: null }), server, path)
    const green = await onlyRelay(await arrive('green', { path: null }), server, path)
    await connect(red, green)
    await Promise.all([red.expectSees('green'), green.expectSees('red')])
    await red.expectHears('green')
    expect(await red.route()).toEqual({ local: 'relay', remote: 'relay', relayProtocol: path })
    const candidates = await red.page.evaluate(() => window.probe.candidates)
    expect(candidates.filter((candidate) => !candidate.includes('typ relay'))).toEqual([])
  })
}
