// What may be wrong with a page whatever it shows, found without knowing what it is.
import type { Page } from '@playwright/test'

/**
 * Collects what the page complains about and whom it asks, from now on.
 * @param origin the only server it may ask
 * @returns takes what has been collected, one line each
 */
export function watchFaults(page: Page, origin: string): () => string[] {
  const faults: string[] = []
  page.on('pageerror', ({ message }) => faults.push(`page error: ${message}`))
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console error: ${message.text()}`)
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    const own = url.origin === origin || url.protocol === 'blob:' || url.protocol === 'data:'
    if (!own) faults.push(`asked another host: ${request.url()}`)
  })
  return () => faults.splice(0)
}

/** Waits until nothing moves any more and every video that has a picture shows it. */
export async function settled(page: Page): Promise<void> {
  await page.locator('#root > *, [role=dialog]').first().waitFor({ state: 'attached' })
  await page.waitForFunction(() => {
    const moving = document.getAnimations().some(({ playState }) => playState === 'running')
    const blank = [...document.querySelectorAll('video')].some(
      ({ srcObject, readyState }) =>
        srcObject instanceof MediaStream && srcObject.getVideoTracks().length > 0 && readyState < 2,
    )
    return !moving && !blank
  })
}

/** What does not fit a window of this width, and what lies over something else, one line each. */
export async function misplaced(page: Page, width: number): Promise<string[]> {
  return await page.evaluate((width) => {
    const faults: string[] = []
    const wide = document.documentElement.scrollWidth - width
    if (wide > 0) faults.push(`${wide} px too wide`)
    for (const element of document.querySelectorAll('h1, h2, p, label, a, button, input, select')) {
      const { left, right } = element.getBoundingClientRect()
      const seen = element.checkVisibility({ visibilityProperty: true, opacityProperty: true })
      if (seen && (right > width + 1 || left < -1))
        faults.push(`cut off at the side: ${element.outerHTML.slice(0, 90)}`)
    }
    const line = document.querySelector('[data-line] > :last-child')?.getBoundingClientRect()
    const mine = document.querySelector('[data-corner]')?.getBoundingClientRect()
    if (line && mine && line.bottom > mine.top && line.right > mine.left) faults.push('the line lies over my picture')
    return faults
  }, width)
}

/** Keys that stand where words should, and, in Chinese, sentences that were left in English; one line each. */
export async function strayWords(page: Page, language: 'en' | 'zh'): Promise<string[]> {
  const code = (await page.locator('pre').allInnerTexts()).join('\n')
  const lines = (await page.locator('body').innerText()).split('\n').map((line) => line.trim())
  const labels = await page
    .locator('[aria-label], [title], [placeholder]')
    .evaluateAll((found) => found.flatMap((one) => [one.ariaLabel, one.getAttribute('title')]))
  // code is in no language of people
  const words = [...lines.filter((line) => !code.includes(line)), ...labels.filter((label) => label !== null)]
  const key = /^[a-z][A-Za-z]*(\.[a-z][A-Za-z-]*)+$/
  const english = /[A-Za-z]+(?: [A-Za-z]+){3}/
  return words
    .filter((word) => key.test(word) || (language === 'zh' && english.test(word)))
    .map((word) => `says: ${word}`)
}
