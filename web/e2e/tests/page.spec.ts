// The page itself: languages, keyboard, accessibility, and whom it talks to.
import type { Page } from '@playwright/test'
import { graveFindings } from '../src/accessible.ts'
import { expect, test } from '../src/fixtures.ts'

test('the language changes at once and stays', async ({ arrive }) => {
  const { page } = await arrive('red')
  await page.getByRole('button', { name: 'Language' }).click()
  await page.getByRole('menuitemcheckbox', { name: '中文' }).click()
  await expect(page.locator('html')).toHaveAttribute('lang', /^zh/)
  await expect(page.getByRole('button', { name: '视频通话' })).toBeVisible()
  await page.reload()
  await expect(page.getByRole('button', { name: '视频通话' })).toBeVisible()
})

test('the browser’s language is taken at the first visit', async ({ arrive }) => {
  const { page } = await arrive('red', { context: { locale: 'zh-CN' } })
  await expect(page.locator('html')).toHaveAttribute('lang', /^zh/)
})

test('a call can be placed, answered and ended with the keyboard alone', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  const number = await green.number()
  await tabTo(red.page, 'Number, handle or link')
  await red.page.keyboard.type(number)
  await tabTo(red.page, 'Video call')
  await red.page.keyboard.press('Enter')
  await expect(green.incoming).toBeVisible()
  await tabTo(green.page, 'Answer with video')
  await green.page.keyboard.press('Enter')
  await Promise.all([red.expectConnected(), green.expectConnected()])
  await tabTo(green.page, 'Hang up')
  await green.page.keyboard.press('Enter')
  await expect(red.ended).toBeVisible()
})

for (const path of ['/', '/settings', '/trust', '/call/417803533']) {
  test(`axe finds nothing serious on ${path}`, async ({ arrive }) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await arrive('red', { path, context: { colorScheme, reducedMotion: 'reduce' } })
      await page.getByRole('main').waitFor()
      await expectAccessible(page)
    }
  })
}

test('axe finds nothing serious from ringing to hanging up', async ({ arrive }) => {
  // A colour on its way from one view to the next has no contrast to speak of.
  const still = { context: { reducedMotion: 'reduce' as const } }
  const red = await arrive('red', still)
  const green = await arrive('green', still)
  await red.dial(await green.number())
  await expect(red.outgoing).toBeVisible()
  await expect(green.incoming).toBeVisible()
  await expectAccessible(red.page)
  await expectAccessible(green.page)
  await green.answer()
  await red.expectConnected()
  await expectAccessible(red.page)
  await red.hangUp()
  await expect(green.ended).toBeVisible()
  await expectAccessible(green.page)
})

test('a whole call contacts no other host and breaks no rule of the page’s own policy', async ({ arrive, server }) => {
  const hosts = new Set<string>()
  const violations: string[] = []
  const people = [await arrive('red', { path: null }), await arrive('green', { path: null })] as const
  for (const { page, context } of people) {
    context.on('request', (request) => hosts.add(new URL(request.url()).host))
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) violations.push(message.text())
    })
    page.on('websocket', (socket) => hosts.add(new URL(socket.url()).host))
  }
  const [red, green] = people
  const response = await red.page.goto(server.origin)
  await green.page.goto(server.origin)
  await red.dial(await green.number())
  await green.answer()
  await Promise.all([red.expectConnected(), green.expectConnected()])
  await red.hangUp()
  await expect(green.ended).toBeVisible()

  expect([...hosts].filter((host) => host !== '')).toEqual([`127.0.0.1:${server.port}`])
  expect(violations).toEqual([])
  const policy = response?.headers()['content-security-policy'] ?? ''
  expect(policy).toContain("default-src 'self'")
  expect(policy).not.toContain('unsafe-inline')
  expect(policy).not.toContain('unsafe-eval')
})

/** Presses Tab until the control of that name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    const focused = page.locator(':focus')
    if ((await focused.count()) > 0 && (await focused.first().evaluate(accessibleName)) === name) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never came to "${name}"`)
}

/** Good enough for controls: label attribute, label element, text. */
function accessibleName(element: Element): string {
  const label = element.getAttribute('aria-label') ?? (element as HTMLInputElement).labels?.[0]?.textContent
  return (label ?? element.textContent).trim()
}

async function expectAccessible(page: Page): Promise<void> {
  expect(await graveFindings(page)).toEqual([])
}
