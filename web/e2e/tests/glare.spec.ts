import { expect, test } from '../src/fixtures.ts'

test('two people who dial each other at once are in one call', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  const [redNumber, greenNumber] = await Promise.all([red.number(), green.number()])
  await Promise.all([red.field.fill(greenNumber), green.field.fill(redNumber)])
  await Promise.all([red.button('Video call').click(), green.button('Video call').click()])
  await Promise.all([red.expectConnected(), green.expectConnected()])
  await Promise.all([red.expectSees('green'), green.expectSees('red')])
  await expect(red.incoming).toBeHidden()
  await red.hangUp()
  await expect(green.ended).toBeVisible()
  // A second call left over would ring now.
  await green.page.waitForTimeout(1_000)
  await expect(red.incoming).toBeHidden()
  await expect(green.incoming).toBeHidden()
})
