// The classic tutorial, letter for letter: two pages, no room, and Magpie as the server they find.
import type { Page } from '@playwright/test'
import { expect, test } from '../src/fixtures.ts'
import { page as file, serveElsewhere } from '../src/foreign.ts'
import { sees } from '../src/seeing.ts'

for (const candidates of [null, 'candidate', 'ice-candidate', 'icecandidate']) {
  const how = candidates === null ? 'and no candidates' : `and candidates as "${candidates}"`
  test(`caller.html and callee.html see each other with bare offer and answer ${how}`, async ({ arrive, server }) => {
    const files = { '/caller.html': file('caller.html'), '/callee.html': file('callee.html') }
    const elsewhere = await serveElsewhere(files, server.origin)
    const query = candidates === null ? '' : `?candidates=${candidates}`
    const [caller, callee] = [await blank('red'), await blank('green')]
    await callee.goto(`${elsewhere.origin}/callee.html${query}`)
    await caller.goto(`${elsewhere.origin}/caller.html${query}`)
    await callee.evaluate('ready')
    for (const page of [caller, callee])
      await expect.poll(async () => await page.evaluate('socket.connected')).toBe(true)
    await caller.evaluate('start()')
    await sees(caller, 'green')
    await sees(callee, 'red')
    elsewhere.close()

    async function blank(colour: 'red' | 'green'): Promise<Page> {
      return (await arrive(colour, { path: null })).page
    }
  })
}

test('pages opened as files meet too, and a page of another origin sees nothing of them', async ({
  arrive,
  server,
}) => {
  const elsewhere = await serveElsewhere({ '/callee.html': file('callee.html') }, server.origin)
  const stranger = (await arrive('blue', { path: null })).page
  await stranger.goto(`${elsewhere.origin}/callee.html`)
  const said = 'socket.onAny((name) => (window.said ??= []).push(name))'
  await stranger.evaluate(said)
  const pages: Page[] = []
  for (const colour of ['red', 'green'] as const) {
    const { page } = await arrive(colour, { path: null })
    // A sandboxed frame has the origin `null`, as a file has.
    await page.goto(`${elsewhere.origin}/callee.html`)
    await page.setContent(`<iframe sandbox="allow-scripts" src="${elsewhere.origin}/callee.html"></iframe>`)
    pages.push(page)
  }
  const frames = pages.map((page) => page.frames()[1] ?? page.mainFrame())
  for (const frame of frames) await expect.poll(async () => await frame.evaluate('socket.connected')).toBe(true)
  await frames[1]?.evaluate(said)
  await frames[0]?.evaluate('socket.emit("message", "hello")')
  await expect.poll(async () => await frames[1]?.evaluate('window.said')).toEqual(['message'])
  expect(await stranger.evaluate('window.said ?? []')).toEqual([])
  elsewhere.close()
})
