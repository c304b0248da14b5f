// The flow of MDN's chat sample with Magpie as its server.
import type { Page } from '@playwright/test'
import { expect, test as base } from '../src/fixtures.ts'
import { page as file, serveElsewhere } from '../src/foreign.ts'
import type { Colour } from '../src/media.ts'
import { sees } from '../src/seeing.ts'

interface Sample {
  readonly said: readonly { readonly type: string; readonly text?: string; readonly name?: string }[]
  readonly connect: (url: string, name: string) => Promise<string>
  readonly invite: (name: string) => Promise<void>
  readonly hangUp: () => void
  readonly chat: (text: string) => void
}

declare global {
  interface Window {
    mdn: Sample
  }
}

type Join = (colour: Colour, name: string, path?: string) => Promise<Page>

const test = base.extend<{ join: Join }>({
  join: async ({ arrive, server }, use) => {
    const elsewhere = await serveElsewhere({ '/': file('mdn.html') })
    await use(async (colour, name, path = '/') => {
      const { page } = await arrive(colour, { path: null })
      await page.goto(elsewhere.origin)
      const url = `wss://127.0.0.1:${server.port}${path}`
      await page.evaluate(async ([url, name]) => await window.mdn.connect(url, name), [url, name] as const)
      return page
    })
    elsewhere.close()
  },
})

for (const path of ['/', '/mdn']) {
  test(`two users of a server at ${path} call each other and a third sees nothing of it`, async ({ join }) => {
    const [ann, bob, eve] = [
      await join('red', 'Ann', path),
      await join('green', 'Bob', path),
      await join('blue', 'Eve', path),
    ]
    await ann.evaluate(async () => {
      await window.mdn.invite('Bob')
    })
    await sees(ann, 'green')
    await sees(bob, 'red')
    await ann.evaluate(() => {
      window.mdn.hangUp()
    })
    await expect.poll(async () => await types(bob)).toContain('hang-up')
    expect(new Set(await types(eve))).toEqual(new Set(['id', 'userlist']))
  })
}

test('a name in use gets a number, and chat comes without tags', async ({ join }) => {
  const [ann, other] = [await join('red', 'Ann'), await join('green', 'Ann')]
  await ann.evaluate(() => {
    window.mdn.chat('<b>hello</b>')
  })
  const heard = async () => await other.evaluate(() => window.mdn.said.find(({ type }) => type === 'message'))
  await expect.poll(heard).toMatchObject({ text: 'hello', name: 'Ann' })
  expect(await other.evaluate(() => window.mdn.said.find(({ type }) => type === 'rejectusername'))).toMatchObject({
    name: 'Ann1',
  })
})

async function types(page: Page): Promise<string[]> {
  return await page.evaluate(() => window.mdn.said.map(({ type }) => type))
}
