// Unmodified npm `socket.io-client` 2, 3 and 4, in Node and in Chromium, with Magpie as its only server.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test as base } from '../src/fixtures.ts'
import { Cable, page as file, serveElsewhere } from '../src/foreign.ts'
import { ask, browserScript, client, heard, versions, type Client, type Version } from '../src/socketio.ts'

interface App {
  readonly said: unknown[]
  readonly connect: (url: string, options: object) => Promise<string>
  readonly text: (...values: unknown[]) => void
  readonly bytes: (values: number[]) => void
  readonly ask: (value: number) => Promise<number>
  readonly transport: () => string
}

type Open = (version: Version, options?: object, path?: string, port?: number) => Client

const test = base.extend<{ open: Open }>({
  /** Connects a client in this process; all are closed at the end. */
  open: async ({ server, shared }, use) => {
    const ca = await readFile(join(shared.folder, 'ca.pem'))
    const opened: Client[] = []
    await use((version, options = {}, path = '', port = server.port) => {
      const made = client(version, `https://127.0.0.1:${port}${path}`, { ca, ...options })
      opened.push(made)
      return made
    })
    for (const each of opened) each.close()
  },
})

const ways = [['polling'], ['websocket'], ['polling', 'websocket']] as const

for (const version of versions) {
  for (const transports of ways) {
    test(`client ${version} over ${transports.join(' and ')} sends, answers and keeps order`, async ({ open }) => {
      const one = open(version, { transports })
      const two = open(version, { transports })
      await Promise.all([connected(one), connected(two)])
      await Promise.all([keepsOrder(one, two, 10_000), keepsOrder(two, one, 1_000)])
      for (const [from, to] of [
        [one, two],
        [two, one],
      ] as const) {
        const text = heard(to, 'text')
        from.emit('text', { name: '喜鹊🐦' }, [1, null], 'x')
        expect(await text).toEqual([{ name: '喜鹊🐦' }, [1, null], 'x'])
        const bytes = heard(to, 'bytes')
        from.emit('bytes', { deep: [Buffer.from([0, 1, 255])] }, Buffer.from([7]))
        expect(await bytes).toEqual([{ deep: [Buffer.from([0, 1, 255])] }, Buffer.from([7])])
        to.on('question', (value: number, answer: (...values: unknown[]) => void) => {
          answer(value + 1, Buffer.from([9]))
        })
        expect(await ask(from, 'question', 41)).toEqual([42, Buffer.from([9])])
      }
      expect(one.io.engine.transport.name).toBe(transports.at(-1))
    })
  }
}

test('clients of different versions understand each other', async ({ open }) => {
  const clients = versions.map((version) => open(version, { transports: ['websocket'] }))
  await Promise.all(clients.map(connected))
  for (const from of clients) {
    const others = clients.filter((other) => other !== from)
    const bytes = others.map(async (other) => await heard(other, 'bytes'))
    from.emit('bytes', Buffer.from([1, 2, 3]))
    for (const got of await Promise.all(bytes)) expect(got).toEqual([Buffer.from([1, 2, 3])])
  }
})

test('namespaces and rooms of the query keep clients apart', async ({ open }) => {
  const apart = [open(4), open(4, {}, '/chat'), open(4, { query: { room: 'red' } })]
  const together = [open(2, {}, '/chat'), open(3, { query: { room: 'red' } })]
  await Promise.all([...apart, ...together].map(connected))
  const said: unknown[] = []
  apart[0]?.on('text', (value: never) => said.push(value))
  together.forEach((each, index) => {
    each.emit('text', index)
  })
  const [chat, red] = apart.slice(1)
  if (chat === undefined || red === undefined) throw new Error('three were opened')
  expect(await Promise.all([heard(chat, 'text'), heard(red, 'text')])).toEqual([[0], [1]])
  expect(said).toEqual([])
})

test('one connection carries several namespaces', async ({ open }) => {
  const [one, two] = [open(4, { forceNew: false }, '/a'), open(4, { forceNew: false }, '/b')]
  const [a, b] = [open(4, {}, '/a'), open(4, {}, '/b')]
  await Promise.all([one, two, a, b].map(connected))
  expect(one.io).toBe(two.io)
  const both = Promise.all([heard(a, 'text'), heard(b, 'text')])
  one.emit('text', 'in a')
  two.emit('text', 'in b')
  expect(await both).toEqual([['in a'], ['in b']])
})

test('a volatile event arrives when the client is connected', async ({ open }) => {
  const [one, two] = [open(4), open(4, { transports: ['websocket'] })]
  await Promise.all([connected(one), connected(two)])
  const text = heard(one, 'text')
  two.volatile.emit('text', 1)
  expect(await text).toEqual([1])
})

for (const version of versions) {
  test(`client ${version} comes back after its network was cut and after the server was killed`, async ({
    open,
    server,
  }) => {
    const cable = await Cable.to(server.port)
    const quick = { reconnectionDelay: 50, reconnectionDelayMax: 200 }
    const one = open(version, quick, '', cable.port)
    const two = open(version, { ...quick, transports: ['websocket'] })
    await Promise.all([connected(one), connected(two)])
    const lost = heard(one, 'disconnect')
    cable.cut()
    expect((await lost)[0]).toMatch(/^transport (close|error)$/)
    cable.mend()
    await connected(one)
    await hears(one, two)
    const gone = [one, two].map(async (each) => await heard(each, 'disconnect'))
    await server.crash()
    await Promise.all(gone)
    await Promise.all([connected(one), connected(two)])
    await hears(one, two)
    cable.close()
  })

  test(`client ${version} in Chromium polls, uses a WebSocket and changes over`, async ({ arrive, open, server }) => {
    const elsewhere = await serveElsewhere({ '/': file('socketio.html'), '/client.js': browserScript(version) })
    const { page } = await arrive('red', { path: null })
    for (const transports of ways) {
      await page.goto(elsewhere.origin)
      const other = open(4, { transports: ['websocket'], extraHeaders: { Origin: elsewhere.origin } })
      await connected(other)
      const app = await page.evaluateHandle(() => (window as unknown as { app: App }).app)
      await app.evaluate(async (app, [url, transports]) => await app.connect(url, { transports }), [
        server.origin,
        [...transports],
      ] as const)
      const heardText = heard(other, 'text')
      await app.evaluate((app) => {
        app.text('喜鹊', [1])
      })
      expect(await heardText).toEqual(['喜鹊', [1]])
      const heardBytes = heard(other, 'bytes')
      await app.evaluate((app) => {
        app.bytes([0, 128, 255])
      })
      expect(await heardBytes).toEqual([Buffer.from([0, 128, 255])])
      expect(await ask(other, 'question', 1)).toEqual([2])
      other.emit('bytes', Buffer.from([3, 2, 1]))
      await expect.poll(async () => await app.evaluate(({ said }) => said)).toEqual([['bytes', [3, 2, 1]]])
      await expect.poll(async () => await app.evaluate((app) => app.transport())).toBe(transports.at(-1))
      other.close()
    }
    elsewhere.close()
  })
}

async function connected(each: Client): Promise<void> {
  if (!each.connected) await heard(each, 'connect')
}

/** Sends until it is heard: right after a reconnection the other may not be there yet. */
async function hears(one: Client, two: Client): Promise<void> {
  const text = heard(two, 'text')
  const timer = setInterval(() => {
    one.emit('text', 'again')
  }, 100)
  expect(await text).toEqual(['again'])
  clearInterval(timer)
}

/** Sends numbered messages at once, the first while a client that changes over still polls. */
async function keepsOrder(from: Client, to: Client, count: number): Promise<void> {
  const numbers: number[] = []
  const all = new Promise<void>((done) => {
    to.on('number', (number: never) => {
      if (numbers.push(number) === count) done()
    })
  })
  for (let number = 0; number < count; number += 1) from.emit('number', number)
  await all
  expect(numbers).toEqual([...numbers.keys()])
}
