// Meeting pages that publish and subscribe, with Magpie as their server.
import type { Page } from '@playwright/test'
import { expect, test as base } from '../src/fixtures.ts'
import { Cable, page as file, serveElsewhere } from '../src/foreign.ts'
import type { Colour } from '../src/media.ts'
import { sees } from '../src/seeing.ts'

interface Meeting {
  readonly said: readonly string[]
  readonly join: (url: string, id: string) => Promise<void>
  readonly renegotiate: () => Promise<void>
}

declare global {
  interface Window {
    meeting: Meeting
  }
}

type Join = (colour: Colour, port: number, room: string) => Promise<Page>

const test = base.extend<{ join: Join }>({
  join: async ({ arrive }, use) => {
    const elsewhere = await serveElsewhere({ '/': file('meeting.html') })
    await use(async (colour, port, room) => {
      const { page } = await arrive(colour, { path: null })
      await page.goto(elsewhere.origin)
      const url = `wss://127.0.0.1:${port}/meeting`
      await page.evaluate(async ([url, room]) => await window.meeting.join(url, room), [url, room] as const)
      return page
    })
    elsewhere.close()
  },
})

test('two pages of a meeting see each other and another meeting nothing', async ({ join, server }) => {
  const other = await join('blue', server.port, '2')
  const [red, green] = [await join('red', server.port, '1'), await join('green', server.port, '1')]
  await sees(red, 'green')
  await sees(green, 'red')
  expect(await other.evaluate(() => window.meeting.said)).toEqual([])
})

test('what is negotiated while a page is cut off reaches it when it is back', async ({ join, server }) => {
  const cable = await Cable.to(server.port)
  const [red, green] = [await join('red', server.port, '1'), await join('green', cable.port, '1')]
  await sees(green, 'red')
  cable.cut()
  const answers = async () =>
    await red.evaluate(() => window.meeting.said.filter((event) => event === 'client-answer').length)
  const before = await answers()
  await red.evaluate(async () => {
    await window.meeting.renegotiate()
  })
  await new Promise((done) => setTimeout(done, 2_000))
  cable.mend()
  await expect.poll(answers).toBe(before + 1)
  await sees(red, 'green')
  await sees(green, 'red')
  cable.close()
})
