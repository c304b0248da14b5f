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
  await expect(red.page.getByText('Reconnecting to the server')).toBeHidden({ timeout: 15_000 })
  await expect(green.remoteVideo).toHaveCSS('opacity', '0')
  await red.press('Turn camera on')
  await green.expectSees('red')
  await green.hangUp()
  await expect(red.ended).toBeVisible()
})

test('the other person goes into a small window and comes back', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green)
  await red.expectSees('green')
  await red.press('More')
  await red.button('Picture in picture').click()
  await expect.poll(() => red.page.evaluate(() => document.pictureInPictureElement?.ariaLabel)).toBe('Remote video')
})

test('the other side is told when a page closes for good', async ({ arrive }) => {
  test.setTimeout(90_000)
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green)
  await red.page.close()
  await expect(green.ended).toBeVisible({ timeout: 60_000 })
})
