import { connect } from '../src/person.ts'
import { expect, test } from '../src/fixtures.ts'
import { relays } from '../src/probe.ts'
import { onlyRelay, type RelayPath } from '../src/relay.ts'

const hosts = [
  { family: 'IPv4', host: '127.0.0.1' },
  // Browsers ask for an IPv4 relayed address all the same: the way to the relay is IPv6.
  { family: 'IPv6', host: '[::1]' },
]

for (const { family, host } of hosts) {
  test.describe(`over ${family}`, () => {
    test.use({ host })
    for (const path of ['udp', 'tcp', 'tls'] satisfies RelayPath[]) {
      test(`a call goes through the relay over ${path.toUpperCase()} alone`, async ({ arrive, server }) => {
        const red = await onlyRelay(await arrive('red', { path: null }), server, path)
        const green = await onlyRelay(await arrive('green', { path: null }), server, path)
        await connect(red, green)
        await Promise.all([red.expectSees('green'), green.expectSees('red')])
        await red.expectHears('green')
        expect(await red.route()).toEqual({ local: 'relay', remote: 'relay', relayProtocol: path })
        const candidates = await red.page.evaluate(() => window.probe.candidates)
        expect(candidates.length).toBeGreaterThan(0)
        expect(candidates.filter((candidate) => !candidate.includes('typ relay'))).toEqual([])
        const url =
          path === 'tls'
            ? `turns:${host}:${server.port}?transport=tcp`
            : `turn:${host}:${server.port}?transport=${path}`
        expect(await red.page.evaluate(relays)).toEqual([url])
      })
    }
  })
}
