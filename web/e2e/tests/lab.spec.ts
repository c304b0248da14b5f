// The page for developers: its demonstrations make calls, and so does the code it hands out.
import type { Locator, Page } from '@playwright/test'
import { graveFindings } from '../src/accessible.ts'
import { expect } from '../src/fixtures.ts'
import type { Person } from '../src/person.ts'
import { test } from '../src/snippet.ts'
import { sees } from '../src/seeing.ts'

declare global {
  interface Window {
    /** What every snippet ends with. */
    dial: (name?: string) => unknown
  }
}

const tabs = {
  native: 'Magpie',
  peerjs: 'PeerJS',
  socketio: 'Socket.IO',
  mdn: 'MDN chat',
  meeting: 'Publish, subscribe',
} as const
/** Those whose clients call a room, not a name. */
const roomy: readonly string[] = ['socketio', 'meeting']
const protocols = Object.keys(tabs) as (keyof typeof tabs)[]

for (const protocol of protocols) {
  test(`the demonstration of ${protocol} connects and both sides decode pictures, again after a stop`, async ({
    arrive,
  }) => {
    const { page } = await arrive('red', { path: '/lab/clients' })
    const panel = await open(page, protocol)
    for (let round = 0; round < 2; round += 1) {
      await panel.getByRole('button', { name: 'Start the demo' }).click()
      for (const name of ['A', 'B']) await watches(panel.getByRole('figure', { name: `Client ${name}` }))
      await panel.getByRole('button', { name: 'Stop the demo' }).click()
      await expect(panel.getByRole('figure', { name: 'Client A' })).toBeHidden()
    }
  })

  test(`the code for ${protocol} makes a call when pasted into a page`, async ({ arrive, copied }) => {
    const { page } = await arrive('red', { path: '/lab/clients' })
    const panel = await open(page, protocol)
    await copied.paste((await panel.locator('code').first().textContent()) ?? '')
    const named = !roomy.includes(protocol)
    const callee = await paste(await arrive('green', { path: null }), copied.origin, named)
    const caller = await paste(await arrive('blue', { path: null }), copied.origin, named)
    await caller.page.evaluate((name) => void window.dial(name), callee.name)
    await sees(caller.page, 'green')
    await sees(callee.page, 'blue')
  })
}

test('the camera is used when it is wished for', async ({ arrive }) => {
  const { page } = await arrive('green', { path: '/lab/clients', context: { permissions: ['camera'] } })
  const panel = await open(page, 'meeting')
  await panel.getByRole('switch', { name: 'Use my camera instead' }).click()
  await panel.getByRole('button', { name: 'Start the demo' }).click()
  await watches(panel.getByRole('figure', { name: 'Client B' }))
  await expect(panel.getByText('The camera could not be had')).toBeHidden()
})

test('the copy button puts the code on the clipboard', async ({ arrive }) => {
  const permissions = ['clipboard-read', 'clipboard-write']
  const { page } = await arrive('red', { path: '/lab/clients', context: { permissions } })
  const panel = await open(page, 'peerjs')
  await panel.getByRole('button', { name: 'Copy the code' }).click()
  await expect(page.getByText('Copied', { exact: true }).first()).toBeVisible()
  const copied = await page.evaluate(async () => await navigator.clipboard.readText())
  expect(copied).toBe(await panel.locator('code').first().textContent())
  expect(copied).toContain(`port: ${new URL(page.url()).port}, path: '/', secure: true`)
})

test('the page is found from the settings, by keyboard, and its documents can be read', async ({ arrive, server }) => {
  const { page } = await arrive('red', { path: '/settings' })
  await page.getByRole('link', { name: 'For developers' }).press('Enter')
  await expect(page).toHaveURL(`${server.origin}/lab/clients`)
  await expect(page).toHaveTitle('For developers · Magpie')
  await page.getByRole('tab', { name: 'Magpie' }).focus()
  await page.keyboard.press('ArrowRight')
  await expect(page.getByRole('tab', { name: 'PeerJS' })).toHaveAttribute('aria-selected', 'true')
  expect(await graveFindings(page)).toEqual([])
  await open(page, 'native')
  for (const name of ['Guide to the library', 'The protocol', 'All clients in detail']) {
    const path = await page.getByRole('link', { name }).getAttribute('href')
    const [kind, text] = await page.evaluate(async (url) => {
      const answer = await fetch(url)
      return [answer.headers.get('content-type'), await answer.text()] as const
    }, path ?? '')
    expect(kind).toBe('text/plain; charset=utf-8')
    expect(text).toMatch(/^# /)
  }
})

async function open(page: Page, protocol: keyof typeof tabs): Promise<Locator> {
  await page.getByRole('tab', { name: tabs[protocol] }).click()
  return page.getByRole('tabpanel')
}

/** Waits until a client shows new pictures of the other. */
async function watches(pane: Locator): Promise<void> {
  await expect(pane).toHaveAttribute('data-stage', 'connected')
  const count = async () => Number(/[\d,]+/.exec((await pane.getByText('Pictures received').textContent()) ?? '')?.[0])
  const before = await count()
  await expect.poll(count).toBeGreaterThan(before)
}

/** Opens the page with the pasted code and waits until it has joined; its name is what it says of itself, if anything. */
async function paste(person: Person, origin: string, named: boolean): Promise<{ page: Page; name: string }> {
  const { page } = person
  let name = ''
  page.on('console', (message) => {
    name = /^my (?:number|id|name) is (\S+)$/.exec(message.text())?.[1] ?? name
  })
  await page.goto(origin)
  const talks = (): boolean => person.sent.length + person.received.length > 0
  await expect.poll(() => talks() && (name !== '' || !named)).toBe(true)
  await page.waitForFunction(() => 'dial' in window)
  return { page, name }
}
