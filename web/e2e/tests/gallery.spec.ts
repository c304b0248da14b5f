// Every view in every state, on a phone and a desktop, in both languages and both themes: checked, and kept as a
// picture in artefacts/gallery. Needs no server.
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test, type Browser, type BrowserContextOptions, type Page } from '@playwright/test'
import { graveFindings } from '../src/accessible.ts'
import { launch } from '../src/browser.ts'
import { misplaced, settled, strayWords, watchFaults } from '../src/faults.ts'
import { serveGallery, type Gallery } from '../src/gallery.ts'

const pictures = resolve(import.meta.dirname, '../artefacts/gallery')

const views = [
  'home',
  'landing',
  'settings',
  'trust',
  'clients',
  'scan',
  'link',
  'outgoing',
  'incoming',
  'rejoining',
  'in-call',
  'ended',
  'check',
]
const windows: readonly { width: number; height: number; context: BrowserContextOptions }[] = [
  { width: 360, height: 740, context: { isMobile: true, hasTouch: true } },
  { width: 1280, height: 800, context: {} },
]
const themes = ['light', 'dark'] as const
const languages = ['en', 'zh'] as const

let gallery: Gallery
let home: string
let browser: Browser
let states: readonly { view: string; state: string }[]

test.beforeAll(async () => {
  gallery = await serveGallery()
  home = await mkdtemp(join(tmpdir(), 'magpie-home-'))
  browser = await launch(home)
  await mkdir(pictures, { recursive: true })
  const page = await browser.newPage()
  await page.goto(gallery.page)
  states = await page.locator('a[data-view]').evaluateAll((links) =>
    links.map((link) => ({
      view: link.getAttribute('data-view') ?? '',
      state: link.getAttribute('data-state') ?? '',
    })),
  )
  await page.close()
})

test.afterAll(async () => {
  await browser.close()
  await gallery.close()
  await rm(home, { recursive: true, force: true })
})

test('no view of the gallery is left out', () => {
  expect([...new Set(states.map(({ view }) => view))].sort()).toEqual([...views].sort())
})

for (const view of views) {
  test(`${view} looks right in every state`, async () => {
    test.setTimeout(400_000)
    const faults = await Promise.all(windows.map((window) => facesOf(view, window)))
    expect(faults.flat()).toEqual([])
  })
}

/** Goes through all states of a view in one window. @returns what is wrong, one line each */
async function facesOf(view: string, { width, height, context }: (typeof windows)[number]): Promise<string[]> {
  const opened = await browser.newContext({ ...context, viewport: { width, height }, reducedMotion: 'reduce' })
  const page = await opened.newPage()
  const complaints = watchFaults(page, gallery.origin)
  const faults: string[] = []
  for (const { state } of states.filter((one) => one.view === view)) {
    await page.goto(`${gallery.page}?view=${view}&state=${state}`)
    for (const theme of themes) {
      for (const language of languages) {
        const name = `${view}-${state}-${width}-${language}-${theme}`
        const found = await face(page, { name, theme, language, width, height })
        faults.push(...[...found, ...complaints()].map((fault) => `${name}: ${fault}`))
      }
    }
  }
  await opened.close()
  return faults
}

interface Face {
  name: string
  theme: (typeof themes)[number]
  language: (typeof languages)[number]
  width: number
  height: number
}

async function face(page: Page, { name, theme, language, width, height }: Face): Promise<string[]> {
  await page.evaluate((hash) => (location.hash = hash), `lang=${language}&theme=${theme}`)
  await expect(page.locator(`html[lang^=${language}][data-theme=${theme}]`)).toBeAttached()
  await settled(page)
  await picture(page, join(pictures, `${name}.png`), { width, height })
  const found = [...(await misplaced(page, width)), ...(await strayWords(page, language))]
  // Names and contrast do not differ between the languages, and hardly between the windows.
  const looked = language === 'en' && width > 600 ? await graveFindings(page) : []
  return [...found, ...looked]
}

/** A page longer than the window is shown whole, in a window as long. */
async function picture(page: Page, path: string, size: { width: number; height: number }): Promise<void> {
  const length = await page.evaluate(() =>
    document.querySelector('[data-modal]') === null ? document.documentElement.scrollHeight : 0,
  )
  if (length > size.height) await page.setViewportSize({ width: size.width, height: length })
  await page.screenshot({ path })
  if (length > size.height) await page.setViewportSize(size)
}
