// The ten lines of the library's README make a call, as they stand there.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Page } from '@playwright/test'
import { expect } from '../src/fixtures.ts'
import { sees } from '../src/seeing.ts'
import { test } from '../src/snippet.ts'

test('two pages made of them call each other', async ({ arrive, copied, server }) => {
  await copied.paste(page(await tenLines(), server.origin))
  const [red, green] = [(await arrive('red', { path: null })).page, (await arrive('green', { path: null })).page]
  for (const each of [red, green]) await each.goto(copied.origin)
  const number = await shown(green)
  await shown(red)
  await red.locator('input').fill(number)
  await red.getByRole('button').click()
  await sees(red, 'green')
  await sees(green, 'red')
})

test('a page made of them answers a call that rings already when it is loaded', async ({ arrive, copied, server }) => {
  await copied.paste(page(await tenLines(), server.origin))
  const [red, green] = [(await arrive('red', { path: null })).page, (await arrive('green', { path: null })).page]
  await green.goto(copied.origin)
  const number = await shown(green)
  await green.goto('about:blank')
  await red.goto(copied.origin)
  await shown(red)
  await red.locator('input').fill(number)
  await red.getByRole('button').click()
  await green.goto(copied.origin)
  await sees(red, 'green')
  await sees(green, 'red')
})

async function tenLines(): Promise<string> {
  const readme = resolve(import.meta.dirname, '../../sdk/README.md')
  const code = /## Ten lines to a call\n+```ts\n(.*?)```/s.exec(await readFile(readme, 'utf8'))?.[1] ?? ''
  expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(14)
  return code
}

/** What the reader has: a video, a field, a button, a place for the number; and, served elsewhere, the server's address. */
function page(code: string, server: string): string {
  const made = code.replace('new Magpie()', `new Magpie({ server: '${server}' })`).replaceAll(' as const', '')
  expect(made).not.toBe(code)
  return `const video = document.querySelector('video')
const input = document.body.appendChild(document.createElement('input'))
const button = document.body.appendChild(document.createElement('button'))
const show = (number) => document.body.append(Object.assign(document.createElement('output'), { textContent: number }))
${made}`
}

async function shown(page: Page): Promise<string> {
  await expect(page.locator('output').first()).toHaveText(/^\d{9}$/)
  return (await page.locator('output').first().textContent()) ?? ''
}
