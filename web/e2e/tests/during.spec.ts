// What may happen in the middle of a call.
import { expect, test } from '../src/fixtures.ts'
import { connect } from '../src/person.ts'

test('a page that loses the server for a while keeps the media, and what it did meanwhile arrives once', async ({
  arrive,
}) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green)
  await green.expectSees('red')
  await red.context.setOffline(true)
  await expect(red.page.getByText('Reconnecting to the server')).toBeVisible()
  await red.press('Turn camera off')
  await red.context.setOffline(false)
  await expect(red.page.getByText('Reconnecting to the server')).toBeHidden()
  await expect(green.remoteVideo).toHaveCSS('opacity', '0')
  await red.press('Turn camera on')
  await green.expectSees('red')
  await green.hangUp()
  await expect(red.ended).toBeVisible()
})

test('the other person goes into a small window and comes back, at the end of the call by itself', async ({
  arrive,
}) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green)
  await red.expectSees('green')
  const floating = async (): Promise<string | null> =>
    await red.page.evaluate(() => document.pictureInPictureElement?.ariaLabel ?? null)
  for (const expected of ['Remote video', null]) {
    await red.press('More')
    await red.button('Picture in picture').click()
    await expect.poll(floating).toBe(expected)
  }
  await red.press('More')
  await red.button('Picture in picture').click()
  await expect.poll(floating).toBe('Remote video')
  await green.hangUp()
  await expect(red.ended).toBeVisible()
  await expect.poll(floating).toBeNull()
})

test('the other side is told when a page closes for good', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green)
  await red.page.close()
  await expect(green.ended).toBeVisible({ timeout: 60_000 })
})

test('the screen stays on from the dial to the end, also after the tab was hidden', async ({ arrive }) => {
  const red = await arrive('red', {
    before: () => {
      const log: string[] = []
      const locks: WakeLockSentinel[] = []
      Object.assign(window, { log, locks })
      const request = navigator.wakeLock.request.bind(navigator.wakeLock)
      navigator.wakeLock.request = async (type) => {
        const lock = await request(type)
        locks.push(lock)
        log.push(`${type} on`)
        lock.addEventListener('release', () => log.push(`${lock.type} off`))
        return lock
      }
    },
  })
  const green = await arrive('green')
  const log = async (): Promise<string[]> => await red.page.evaluate(() => (window as unknown as { log: string[] }).log)
  expect(await log()).toEqual([])
  await connect(red, green)
  await expect.poll(log).toEqual(['screen on'])
  // A headless tab cannot be hidden: the page is told that it is, and loses the lock as it would then.
  for (const state of ['hidden', 'visible']) {
    await red.page.evaluate(async (state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true })
      const { locks } = window as unknown as { locks: WakeLockSentinel[] }
      if (state === 'hidden') await locks.at(-1)?.release()
      document.dispatchEvent(new Event('visibilitychange'))
    }, state)
  }
  await expect.poll(log).toEqual(['screen on', 'screen off', 'screen on'])
  await red.hangUp()
  await expect.poll(log).toEqual(['screen on', 'screen off', 'screen on', 'screen off'])
})
