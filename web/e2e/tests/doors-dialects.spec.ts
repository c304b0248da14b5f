// Each dialect of tutorials, spoken by a page whose only server is Magpie, with a third page that must hear nothing of it.
import type { Page } from '@playwright/test'
import { expect, test as base } from '../src/fixtures.ts'
import { Cable, page as file, serveElsewhere } from '../src/foreign.ts'
import type { Colour } from '../src/media.ts'
import { sees } from '../src/seeing.ts'

interface Tutorial {
  readonly said: readonly string[]
  readonly connect: (url: string) => Promise<string>
  readonly speak: (dialect: string, room: string, other?: string) => void
}

declare global {
  interface Window {
    tutorial: Tutorial
  }
}

interface Client {
  readonly page: Page
  readonly id: string
  readonly speak: (dialect: string, room: string, other?: string) => Promise<void>
  readonly said: () => Promise<readonly string[]>
}

type Come = (colour: Colour, port?: number) => Promise<Client>

const test = base.extend<{ come: Come }>({
  come: async ({ arrive, server }, use) => {
    const elsewhere = await serveElsewhere({ '/': file('dialects.html') })
    await use(async (colour, port = server.port) => {
      const { page } = await arrive(colour, { path: null })
      await page.goto(elsewhere.origin)
      const id = await page.evaluate(async (url) => await window.tutorial.connect(url), `https://127.0.0.1:${port}`)
      return {
        page,
        id,
        speak: async (...words) => {
          await page.evaluate((words) => window.tutorial.speak(...words), words)
        },
        said: async () => await page.evaluate(() => window.tutorial.said),
      }
    })
    elsewhere.close()
  },
})

/** The words for the titles, and what a page hears that is alone in its room. */
const rooms: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  codelab: ['create or join', ['created']],
  simplePeer: ['all users and signals', ['all users']],
  colons: ['words with colons', ['room:join']],
  ownIds: ['users by their own ids', []],
  otherjoin: ['join and otherjoin', ['joined', 'resp-join']],
  roomLast: ['the room last', []],
  deployed: ['the deployed application', ['joined', 'welcome']],
  otherNames: ['the deployed application with other names', []],
}

for (const [dialect, [words, alone]] of Object.entries(rooms)) {
  test(`two pages see each other with ${words}, and another room hears nothing of it`, async ({ come }) => {
    const stranger = await come('blue')
    await stranger.speak(dialect, 'elsewhere')
    const [red, green] = [await come('red'), await come('green')]
    await red.speak(dialect, 'r')
    await expect.poll(red.said).toEqual(alone)
    await green.speak(dialect, 'r')
    await sees(red.page, 'green')
    await sees(green.page, 'red')
    expect(await stranger.said()).toEqual(alone)
  })
}

for (const [dialect, words] of [
  ['targetFirst', 'the target first'],
  ['targetInside', 'the target in the object'],
] as const) {
  test(`two pages see each other with ${words}, and a third in their room hears nothing`, async ({ come }) => {
    const [third, red, green] = [await come('blue'), await come('red'), await come('green')]
    await third.speak(dialect, '')
    await green.speak(dialect, '')
    await red.speak(dialect, '', green.id)
    await sees(red.page, 'green')
    await sees(green.page, 'red')
    expect(await third.said()).toEqual([])
  })
}

test.describe('with a long grace, since the client waits ever longer before it tries again', () => {
  test.use({ flags: ['--grace', '30000'] })

  test('a page of the deployed application that is cut off for two seconds stays in its call', async ({
    come,
    server,
  }) => {
    const cable = await Cable.to(server.port)
    const [red, green] = [await come('red'), await come('green', cable.port)]
    await red.speak('deployed', 'r')
    await expect.poll(red.said).toContain('welcome')
    await green.speak('deployed', 'r')
    await sees(red.page, 'green')
    const before = await red.said()
    cable.cut()
    await new Promise((done) => setTimeout(done, 2_000))
    cable.mend()
    const joins = async (): Promise<number> => (await green.said()).filter((event) => event === 'joined').length
    await expect.poll(joins).toBe(2)
    expect(await red.said()).toEqual(before)
    await sees(red.page, 'green')
    await sees(green.page, 'red')
    cable.close()
  })
})
