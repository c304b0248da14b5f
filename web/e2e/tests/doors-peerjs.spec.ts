// Unmodified npm `peerjs` with Magpie as its only server.
import type { Page } from '@playwright/test'
import { firefox } from '../src/firefox.ts'
import { Cable } from '../src/foreign.ts'
import { expect, test as base, type Arrive } from '../src/fixtures.ts'
import type { Colour } from '../src/media.ts'
import { nearest } from '../src/person.ts'
import { options, peerJsElsewhere } from '../src/peerjs.ts'
import { framesDecoded, installProbe, meanColour } from '../src/probe.ts'
import { sees } from '../src/seeing.ts'
import type { Server } from '../src/server.ts'

const test = base.extend<{ open: (colour: Colour) => Promise<Page> }>({
  open: async ({ arrive }, use) => {
    const elsewhere = await peerJsElsewhere()
    await use(async (colour) => await openPage(arrive, colour, elsewhere.origin))
    elsewhere.close()
  },
})

for (const path of ['/', '/peerjs', '/myapp']) {
  test(`two pages with path ${path} call each other and see each other`, async ({ open, server }) => {
    const [red, green] = await both(open, server, { path })
    await red.evaluate(async () => {
      await window.app.call('green')
    })
    await sees(red, 'green')
    await sees(green, 'red')
    await red.evaluate(() => {
      window.app.hangUp()
    })
    await expect.poll(async () => await saidBy(green)).toContain('call closed')
  })
}

for (const kind of ['json', 'binary'] as const) {
  test(`a ${kind} data connection carries what is sent`, async ({ open, server }) => {
    const [red, green] = await both(open, server)
    await red.evaluate(async (serialization) => {
      await window.app.connect('green', { serialization, reliable: true })
    }, kind)
    const sent = await red.evaluate(async (kind) => await window.app.send(kind, 1_000), kind)
    const data = kind === 'json' ? { text: 'x'.repeat(1_000), list: [1, null, 'ü'] } : sent
    await expect.poll(async () => await saidBy(green)).toEqual([{ data }])
  })
}

test('five megabytes arrive whole', async ({ open, server }) => {
  const [red, green] = await both(open, server)
  await red.evaluate(async () => {
    await window.app.connect('green', { reliable: true })
  })
  const data = await red.evaluate(async () => await window.app.send('binary', 5_000_000))
  await expect.poll(async () => await saidBy(green), { timeout: 30_000 }).toEqual([{ data }])
})

test('an id in use is taken', async ({ open, server }) => {
  const [red, green] = [await open('red'), await open('green')]
  expect(await join(red, server, 'same')).toBe('same')
  expect(await join(green, server, 'same')).toBe('unavailable-id')
  expect(await saidBy(red)).toEqual([])
})

test('a page without an id is given one', async ({ open, server }) => {
  const red = await open('red')
  expect(await join(red, server, null)).toMatch(/^[\da-f-]{36}$/)
})

test('a peer that is not there is unavailable', async ({ open, server }) => {
  const red = await open('red')
  await join(red, server, 'red')
  await red.evaluate(async () => {
    await window.app.call('nobody')
  })
  await expect.poll(async () => await saidBy(red), { timeout: 8_000 }).toEqual([{ error: 'peer-unavailable' }])
})

test('a peer that comes within five seconds is called', async ({ open, server }) => {
  const [red, green] = [await open('red'), await open('green')]
  await join(red, server, 'red')
  await red.evaluate(async () => {
    await window.app.call('green')
  })
  await join(green, server, 'green')
  await sees(green, 'red')
})

test('a page that disconnects can reconnect and be called', async ({ open, server }) => {
  const [red, green] = await both(open, server)
  expect(await green.evaluate(async () => await window.app.reconnect())).toBe('green')
  await red.evaluate(async () => {
    await window.app.call('green')
  })
  await sees(green, 'red')
})

test('a page whose network was cut keeps its id and its call', async ({ open, server }) => {
  const cable = await Cable.to(server.port)
  const [red, green, stranger] = [await open('red'), await open('green'), await open('blue')]
  await join(red, server, 'red')
  await green.evaluate(async (options) => await window.app.join('green', options), options(cable.port))
  await red.evaluate(async () => {
    await window.app.call('green')
  })
  await sees(green, 'red')
  cable.cut()
  await expect.poll(async () => await saidBy(green)).toContain('disconnected')
  expect(await join(stranger, server, 'green')).toBe('unavailable-id')
  cable.mend()
  expect(await green.evaluate(async () => await window.app.reconnect())).toBe('green')
  await sees(red, 'green')
  cable.close()
})

test('the same token takes over, and the new page is open', async ({ open, server }) => {
  const [old, young] = [await open('red'), await open('green')]
  expect(await join(old, server, 'same', { token: 'mine' })).toBe('same')
  expect(await join(young, server, 'same', { token: 'mine' })).toBe('same')
  await expect.poll(async () => await saidBy(old)).toContain('disconnected')
})

test('the ids are not listed unless the operator allows it', async ({ open, server }) => {
  const red = await open('red')
  await join(red, server, 'red')
  expect(await red.evaluate(async () => await window.app.list())).toBe('server-error')
})

test.describe('with discovery and a key', () => {
  test.use({ flags: ['--peerjs-discovery', '--peerjs-key', 'mine'] })

  test('the ids are listed', async ({ open, server }) => {
    const [red, green] = await both(open, server, { key: 'mine' })
    expect(await red.evaluate(async () => await window.app.list())).toEqual(['red', 'green'])
    await green.close()
    await expect.poll(async () => await red.evaluate(async () => await window.app.list())).toEqual(['red'])
  })

  test('another key is invalid', async ({ open, server }) => {
    expect(await join(await open('red'), server, 'red')).toBe('server-error')
  })
})

test('a foreign page may ask for ICE servers', async ({ open, server }) => {
  const red = await open('red')
  const answer = await iceServers(red, server)
  expect(answer.iceServers?.some(({ credential }) => credential !== undefined)).toBe(true)
})

for (const caller of ['Chromium', 'Firefox'] as const) {
  test(`${caller} calls the other through PeerJS`, async ({ open, server, shared }) => {
    const browser = await firefox(shared.folder)
    try {
      const red = await open('red')
      const fox = await browser.newPage()
      await fox.evaluateOnNewDocument(installProbe)
      await fox.goto(new URL(red.url()).origin)
      await join(red, server, 'red')
      const given = options(server.port)
      expect(await fox.evaluate(async (given) => await window.app.join('fox', given), given)).toBe('fox')
      await (caller === 'Chromium'
        ? red.evaluate(async () => await window.app.call('fox'))
        : fox.evaluate(async () => await window.app.call('red')))
      const decoded = { timeout: 30_000, message: 'frames decoded' }
      await expect.poll(async () => await red.evaluate(framesDecoded), decoded).toBeGreaterThan(10)
      await expect.poll(async () => await fox.evaluate(framesDecoded), decoded).toBeGreaterThan(10)
    } finally {
      await browser.close()
    }
  })
}

test.describe('a PeerJS page that calls the number of a person', () => {
  test('rings, and both see each other once it is answered', async ({ open, arrive, server }) => {
    const [green, red] = [await arrive('green'), await open('red')]
    const number = await green.number()
    await join(red, server, 'red', { config: await iceServers(red, server) })
    await red.evaluate(async (number) => await window.app.call(number), number)
    await expect(green.incoming).toContainText('red')
    expect(await red.evaluate(framesDecoded)).toBe(0)
    await green.answer()
    await green.expectConnected()
    await sees(red, 'green')
    await green.expectFrames(10)
    expect(nearest(await green.remoteVideo.evaluate(meanColour))).toBe('red')
    await green.hangUp()
    await expect.poll(async () => await saidBy(red)).toContain('call closed')
  })

  test('is told when nobody takes the call', async ({ open, arrive, server }) => {
    const [green, red] = [await arrive('green'), await open('red')]
    const number = await green.number()
    await join(red, server, 'red')
    await red.evaluate(async (number) => await window.app.call(number), number)
    await green.decline()
    await expect.poll(async () => await saidBy(red)).toEqual([{ error: 'peer-unavailable' }])
  })

  test('stops ringing when it is closed', async ({ open, arrive, server }) => {
    const [green, red] = [await arrive('green'), await open('red')]
    const number = await green.number()
    await join(red, server, 'red')
    await red.evaluate(async (number) => await window.app.call(number), number)
    await expect(green.incoming).toBeVisible()
    await red.close()
    await expect(green.incoming).toBeHidden()
  })

  test('and hangs up ends the call', async ({ open, arrive, server }) => {
    const [green, red] = [await arrive('green'), await open('red')]
    await join(red, server, 'red')
    const number = await green.number()
    await red.evaluate(async (number) => await window.app.call(number), number)
    await green.answer()
    await green.expectFrames(10)
    await red.evaluate(() => {
      window.app.hangUp()
    })
    await expect(green.ended).toBeVisible({ timeout: 40_000 })
  })

  test('cannot take the number for its own id', async ({ open, arrive, server }) => {
    const [green, red] = [await arrive('green'), await open('red')]
    expect(await join(red, server, await green.number())).toBe('unavailable-id')
  })
})

test.describe('a person who calls a PeerJS page', () => {
  test('by its id sees it and is seen once it answers, and hangs up', async ({ open, arrive, server }) => {
    const [green, red] = [await arrive('green'), await open('red')]
    await join(red, server, 'red', { config: await iceServers(red, server) })
    await green.dial('peerjs:red')
    await green.expectConnected()
    await sees(red, 'green')
    await green.expectFrames(10)
    expect(nearest(await green.remoteVideo.evaluate(meanColour))).toBe('red')
    await green.hangUp()
    await expect.poll(async () => await saidBy(red)).toContain('call closed')
  })

  test('back, after a call it declined, reaches it too', async ({ open, arrive, server }) => {
    const [green, red] = [await arrive('green'), await open('red')]
    const number = await green.number()
    await join(red, server, 'red')
    await red.evaluate(async (number) => await window.app.call(number), number)
    await green.decline()
    await expect.poll(async () => await saidBy(red)).toEqual([{ error: 'peer-unavailable' }])
    await green.page.getByRole('button', { name: /red/ }).first().click()
    await green.expectConnected()
    await sees(red, 'green')
  })

  test('is told when there is no such page', async ({ arrive }) => {
    const green = await arrive('green')
    await green.dial('peerjs:nobody')
    await expect(green.ended).toBeVisible()
  })
})

async function iceServers(page: Page, server: Server): Promise<RTCConfiguration> {
  return await page.evaluate(
    async (origin) => (await (await fetch(`${origin}/api/ice-servers`)).json()) as RTCConfiguration,
    server.origin,
  )
}

async function openPage(arrive: Arrive, colour: Colour, origin: string): Promise<Page> {
  const { page } = await arrive(colour, { path: null })
  await page.goto(origin)
  return page
}

async function both(open: (colour: Colour) => Promise<Page>, server: Server, more: object = {}): Promise<[Page, Page]> {
  const [red, green] = [await open('red'), await open('green')]
  expect(await join(red, server, 'red', more)).toBe('red')
  expect(await join(green, server, 'green', more)).toBe('green')
  return [red, green]
}

/** Joins under `id`; resolves with the id, or with the type of the error. */
async function join(page: Page, server: Server, id: string | null, more: object = {}): Promise<string> {
  const given = options(server.port, more)
  return await page.evaluate(async ([id, given]) => await window.app.join(id, given), [id, given] as const)
}

async function saidBy(page: Page): Promise<unknown[]> {
  return await page.evaluate(() => window.app.said)
}
