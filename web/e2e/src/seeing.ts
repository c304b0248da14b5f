// Whether a page that is not ours shows the other side: new frames, and of the right colour.
import { expect, type Page } from '@playwright/test'
import type { Colour } from './media.ts'
import { nearest } from './person.ts'
import { framesDecoded, meanColour } from './probe.ts'

/** Waits until the video called `remote` shows ten new frames of `colour`. */
export async function sees(page: Page, colour: Colour): Promise<void> {
  const before = await page.evaluate(framesDecoded)
  await expect.poll(async () => await page.evaluate(framesDecoded)).toBeGreaterThan(before + 10)
  await expect.poll(async () => nearest(await page.locator('#remote').evaluate(meanColour))).toBe(colour)
}
