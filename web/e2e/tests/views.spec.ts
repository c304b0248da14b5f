// Every view in every state: looked at by axe, kept as a picture in artefacts/views.
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { graveFindings } from '../src/accessible.ts'
import { serveGallery } from '../src/gallery.ts'
import { expect, test } from '../src/fixtures.ts'

const pictures = resolve(import.meta.dirname, '../artefacts/views')
const phone = { width: 360, height: 740 }
const desktop = { width: 1280, height: 800 }

let gallery: Awaited<ReturnType<typeof serveGallery>>
test.beforeAll(async () => {
  gallery = await serveGallery()
})
test.afterAll(() => {
  gallery.server.close()
})

for (const lang of ['en', 'zh'] as const) {
  for (const theme of ['light', 'dark'] as const) {
    test(`every view fits a phone and a desktop, ${lang}, ${theme}`, async ({ shared }) => {
      test.setTimeout(400_000)
      const folder = `${pictures}/${lang}-${theme}`
      await mkdir(folder, { recursive: true })
      const browser = await shared.browser('red')
      const context = await browser.newContext({ reducedMotion: 'reduce', viewport: phone })
      const page = await context.newPage()
      await page.goto(gallery.origin)
      const states = await page
        .locator('a[data-view]')
        .evaluateAll((links) =>
          links.map((link) => ({ view: link.getAttribute('data-view'), state: link.getAttribute('data-state') })),
        )
      expect(states.length).toBeGreaterThan(50)

      const faults: string[] = []
      for (const { view, state } of states) {
        await page.setViewportSize(phone)
        await page.goto(`${gallery.origin}?view=${view}&state=${state}&lang=${lang}&theme=${theme}`)
        await page.locator('#root > *, [role=dialog]').first().waitFor({ state: 'attached' })
        for (const size of [phone, desktop]) {
          await page.setViewportSize(size)
          await page.screenshot({ path: `${folder}/${view}-${state}-${size.width}.jpg`, type: 'jpeg', quality: 75 })
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
          if (wide > 0) faults.push(`${view} ${state} is ${wide} px too wide at ${size.width}`)
        }
        // Words differ between the languages, contrast and names of controls do not.
        if (lang === 'en') faults.push(...(await graveFindings(page)).map((fault) => `${view} ${state}: ${fault}`))
      }
      await context.close()
      expect(faults).toEqual([])
    })
  }
}
