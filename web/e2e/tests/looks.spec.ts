// A real call from first visit to its end, kept as pictures in artefacts/call: a desktop and a phone.
import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Person } from '../src/person.ts'
import { expect, test } from '../src/fixtures.ts'

const pictures = resolve(import.meta.dirname, '../artefacts/call')

for (const { name, colorScheme } of [
  { name: 'by day', colorScheme: 'light' },
  { name: 'by night', colorScheme: 'dark' },
] as const) {
  test(`a call between a desktop and a phone, ${name}`, async ({ arrive }) => {
    await mkdir(pictures, { recursive: true })
    const keep = async (person: Person, device: string, step: string): Promise<void> => {
      await person.page.screenshot({ path: `${pictures}/${colorScheme}-${step}-${device}.png` })
    }
    const desktop = await arrive('red', { context: { colorScheme } })
    const phone = await arrive('green', {
      context: { colorScheme, viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true },
    })
    const number = await phone.number()
    await keep(desktop, 'desktop', '1-home')
    await keep(phone, 'phone', '1-home')
    await desktop.dial(number)
    await expect(phone.incoming).toBeVisible()
    await expect(desktop.outgoing).toBeVisible()
    await keep(desktop, 'desktop', '2-outgoing')
    await keep(phone, 'phone', '2-incoming')
    await phone.answer()
    await Promise.all([desktop.expectConnected(), phone.expectConnected()])
    await Promise.all([desktop.expectSees('green'), phone.expectSees('red')])
    await expect(desktop.remoteVideo).toHaveCSS('opacity', '1')
    await expect(phone.remoteVideo).toHaveCSS('opacity', '1')
    // The bridge of the call that begins fades away over the picture.
    await desktop.page.waitForTimeout(1_500)
    await keep(desktop, 'desktop', '3-call')
    await keep(phone, 'phone', '3-call')
    await phone.hangUp()
    await expect(desktop.ended).toBeVisible()
    await keep(desktop, 'desktop', '4-ended')
    await keep(phone, 'phone', '4-ended')
  })
}
