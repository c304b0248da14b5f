import { expect, test } from '../src/fixtures.ts'
import type { Person } from '../src/person.ts'

/** Presses the button at a moment both pages can agree on: two clicks of ours could be further apart than a ring takes. */
async function pressAt(person: Person, moment: number): Promise<void> {
  await person.button('Video call').evaluate((button: HTMLElement, at) => {
    setTimeout(() => {
      button.click()
    }, at - Date.now())
  }, moment)
}

test('two people who dial each other at once are in one call', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  const [redNumber, greenNumber] = await Promise.all([red.number(), green.number()])
  await Promise.all([red.field.fill(greenNumber), green.field.fill(redNumber)])
  const soon = Date.now() + 3_000
  await Promise.all([pressAt(red, soon), pressAt(green, soon)])
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
