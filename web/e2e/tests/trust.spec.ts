// Somebody who does not trust the server yet opens its plain page, and follows the steps there.
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { graveFindings } from '../src/accessible.ts'
import { launch } from '../src/browser.ts'
import { expect, test } from '../src/fixtures.ts'
import type { Server } from '../src/server.ts'
import { trustInHome } from '../src/trust.ts'

test('the light turns green once the browser trusts the certificate, and the way to a call is open', async ({
  server,
  shared,
}) => {
  const home = await mkdtemp(join(shared.folder, 'stranger-'))
  await visit(home, server, async (page) => {
    await expect(page.getByRole('status')).toHaveText('This browser does not trust the server yet.')
    const printed = (server.log.match(/[0-9A-F]{2}(?::[0-9A-F]{2}){15}/g) ?? []).join(':')
    expect(printed).toHaveLength(95)
    await expect(page.getByText(printed, { exact: true })).toBeVisible()
    expect(await graveFindings(page)).toEqual([])
    await page.getByRole('link', { name: '中文' }).click()
    await expect(page.getByRole('status')).toHaveText('此浏览器尚未信任服务器。')
  })
  // Chromium reads what it trusts when it starts.
  await trustInHome(home, join(shared.folder, 'ca.pem'))
  await visit(home, server, async (page) => {
    await expect(page.getByRole('status')).toHaveText('This browser trusts the server.')
    await page.getByRole('link', { name: 'Open Magpie over HTTPS' }).click()
    await expect(page).toHaveURL(`${server.origin}/`)
    await expect(page.getByRole('status', { name: 'My number' })).toHaveText(/\d{3}\s\d{3}\s\d{3}/)
  })
})

test('within the page the light is green, and what each system needs can be downloaded', async ({ arrive, server }) => {
  const { page } = await arrive('red', { path: '/trust' })
  await expect(page.getByRole('status', { name: 'Is it trusted yet?' })).toHaveText(/^This browser trusts it/)
  for (const [system, name, type] of [
    ['iPhone, iPad', 'Download the profile', 'application/x-apple-aspen-config'],
    ['Android', 'Download the certificate', 'application/x-x509-ca-cert'],
  ] as const) {
    await page.getByRole('tab', { name: system }).click()
    const path = await page.getByRole('tabpanel').getByRole('link', { name }).getAttribute('href')
    // A phone that does not trust the server yet gets it over plain HTTP.
    const answer = await page.request.get(`http://${server.host}:${server.port}${path}`)
    expect(answer.headers()['content-type']).toBe(type)
    expect((await answer.body()).length).toBeGreaterThan(300)
  }
})

/** Opens the plain page in a browser of its own. */
async function visit(home: string, server: Server, look: (page: Page) => Promise<void>): Promise<void> {
  const browser = await launch(home)
  try {
    const page = await (await browser.newContext({ locale: 'en-US' })).newPage()
    await page.goto(`http://${server.host}:${server.port}/trust`)
    await look(page)
  } finally {
    await browser.close()
  }
}
