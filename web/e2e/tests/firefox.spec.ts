// A call between two makes of browser. Firefox is driven over WebDriver BiDi, which Playwright does not speak to it.
import type { Page } from 'puppeteer-core'
import { firefox } from '../src/firefox.ts'
import { expect, test } from '../src/fixtures.ts'
import { nearest } from '../src/person.ts'
import { framesDecoded, installProbe, meanColour } from '../src/probe.ts'

for (const caller of ['Chromium', 'Firefox'] as const) {
  test(`${caller} calls the other and both decode the picture`, async ({ arrive, server, shared }) => {
    const browser = await firefox(shared.folder)
    try {
      const page = await browser.newPage()
      await page.evaluateOnNewDocument(installProbe)
      await page.goto(server.origin)
      const red = await arrive('red')
      if (caller === 'Chromium') {
        await red.dial(await numberIn(page))
        await press(page, 'Answer with video')
      } else {
        const field = await page.waitForSelector('aria/Number, handle or link')
        await field?.type(await red.number())
        await press(page, 'Video call')
        await red.answer()
      }
      await red.expectConnected()
      await red.expectFrames(10)
      await expect
        .poll(async () => await page.evaluate(framesDecoded), { timeout: 20_000, message: 'frames decoded by Firefox' })
        .toBeGreaterThan(10)
      const video = await page.waitForSelector('aria/Remote video')
      expect(nearest((await video?.evaluate(meanColour)) ?? null)).toBe('red')
      await red.hangUp()
      await page.waitForSelector('aria/Call ended')
    } finally {
      await browser.close()
    }
  })
}

async function press(page: Page, name: string): Promise<void> {
  const control = await page.waitForSelector(`aria/${name}[role="button"]`, { visible: true })
  await control?.click()
}

async function numberIn(page: Page): Promise<string> {
  const status = await page.waitForSelector('aria/My number')
  await expect.poll(async () => await status?.evaluate((element) => element.textContent)).toMatch(/\d{3}\s\d{3}\s\d{3}/)
  return ((await status?.evaluate((element) => element.textContent)) ?? '').replaceAll(/\D/g, '')
}
