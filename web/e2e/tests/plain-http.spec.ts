import { middlebox, type Manner } from '../src/middlebox.ts'
import { connect } from '../src/person.ts'
import { expect, test, type Arrive } from '../src/fixtures.ts'
import type { Person } from '../src/person.ts'
import type { Colour } from '../src/media.ts'

test.use({ flags: ['--trusted-proxy', '127.0.0.1/32'] })

const words: Readonly<Record<Manner, string>> = {
  refuses: 'refuses WebSockets',
  ignores: 'never answers WebSockets',
  cuts: 'cuts WebSockets right behind their handshake',
}

for (const manner of ['refuses', 'ignores', 'cuts'] as const) {
  test(`a call comes up through a proxy that ${words[manner]}`, async ({ arrive, server }) => {
    const box = await middlebox(server.origin, manner)
    try {
      const red = await through(box.origin, arrive, 'red')
      const green = await through(box.origin, arrive, 'green')
      await connect(red, green)
      await Promise.all([red.expectSees('green'), green.expectSees('red')])
      expect(box.seen()).toBeGreaterThan(0)
      expect(red.sent.filter((frame) => frame.includes('"t":"dial"'))).toHaveLength(1)
      expect(green.received.filter((frame) => frame.includes('"type":"offer"'))).not.toEqual([])
      await red.hangUp()
      await expect(green.ended).toBeVisible()
    } finally {
      box.close()
    }
  })
}

test('a link to a person calls them without any WebSocket', async ({ arrive, server }) => {
  const box = await middlebox(server.origin, 'ignores')
  try {
    const green = await through(box.origin, arrive, 'green')
    const number = await green.number()
    const red = await arrive('red', { path: null })
    const begin = Date.now()
    await red.page.goto(`${box.origin}/call/${number}`)
    await red.button('Video call').click()
    await green.answer()
    await red.expectConnected()
    test.info().annotations.push({ type: 'milliseconds to connected', description: String(Date.now() - begin) })
  } finally {
    box.close()
  }
})

test('a server that is killed is found again over plain HTTP, and the call goes on', async ({ arrive, server }) => {
  const box = await middlebox(server.origin, 'refuses')
  try {
    const red = await through(box.origin, arrive, 'red')
    const green = await through(box.origin, arrive, 'green')
    await connect(red, green)
    await server.crash()
    await red.hangUp()
    await expect(green.ended).toBeVisible()
  } finally {
    box.close()
  }
})

async function through(origin: string, arrive: Arrive, colour: Colour): Promise<Person> {
  const person = await arrive(colour, { path: null })
  await person.page.goto(origin)
  return person
}
