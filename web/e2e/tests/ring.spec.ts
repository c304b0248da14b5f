import type { Person } from '../src/person.ts'
import { expect, test, type Arrive } from '../src/fixtures.ts'

/** Red calls green, whose page rings. */
async function ringing(arrive: Arrive): Promise<{ red: Person; green: Person; number: string }> {
  const red = await arrive('red')
  const green = await arrive('green')
  const number = await green.number()
  await red.dial(number)
  await expect(red.outgoing).toBeVisible()
  await expect(green.incoming).toBeVisible()
  return { red, green, number }
}

test('answered with audio, the callee sends no picture but sees one', async ({ arrive }) => {
  const { red, green } = await ringing(arrive)
  await green.answer('audio')
  await Promise.all([red.expectConnected(), green.expectConnected()])
  await green.expectSees('red')
  await red.expectHears('green')
  expect(await red.frames()).toBe(0)
})

test('declined, the caller is told', async ({ arrive }) => {
  const { red, green } = await ringing(arrive)
  await green.decline()
  await expect(red.ended).toContainText(/declin/i)
  await expect(green.incoming).toBeHidden()
})

test('declined with a reply, the caller reads it', async ({ arrive }) => {
  const { red, green } = await ringing(arrive)
  await green.incoming.getByRole('button', { name: 'Decline with a reply' }).click()
  const reply = green.page.getByRole('menuitem').first()
  const words = ((await reply.textContent()) ?? '').trim()
  expect(words).not.toBe('')
  await reply.click()
  await expect(red.ended).toContainText(words)
})

test('a third caller hears busy, and the callee finds the call among the missed', async ({ arrive }) => {
  const { red, green, number } = await ringing(arrive)
  await green.answer()
  await Promise.all([red.expectConnected(), green.expectConnected()])
  const blue = await arrive('blue')
  const third = await blue.number()
  await blue.dial(number)
  await expect(blue.ended).toContainText(/busy|another call/i)
  await green.expectSees('red')
  await green.hangUp()
  await green.button('Done').click()
  await expect(green.page.getByRole('list', { name: 'Recents' })).toContainText(spaced(third))
})

test('cancelled, the callee stops ringing and finds a missed call', async ({ arrive }) => {
  const { red, green } = await ringing(arrive)
  await red.button('Cancel call').click()
  await expect(green.incoming).toBeHidden()
  await expect(red.outgoing).toBeHidden()
  await expect(green.page.getByRole('list', { name: 'Recents' })).toContainText(/missed/i)
})

test('a missed call is called back with one press', async ({ arrive }) => {
  const { red, green } = await ringing(arrive)
  await red.button('Cancel call').click()
  await green.ended.getByRole('button', { name: 'Call back' }).click()
  await red.answer()
  await Promise.all([red.expectConnected(), green.expectConnected()])
})

test('a call from the list of recent ones is placed with one press', async ({ arrive }) => {
  const { red, green } = await ringing(arrive)
  await red.button('Cancel call').click()
  await green.button('Done').click()
  await green.page
    .getByRole('list', { name: 'Recents' })
    .getByRole('button', { name: /^Call / })
    .click()
  await red.answer()
  await Promise.all([red.expectConnected(), green.expectConnected()])
})

test('nobody answers for 45 seconds', async ({ arrive }) => {
  const { red, green } = await ringing(arrive)
  await expect(red.ended).toContainText(/no answer|did not answer|didn.t answer/i, { timeout: 60_000 })
  await expect(green.incoming).toBeHidden()
  await expect(green.page.getByRole('list', { name: 'Recents' })).toContainText(/missed/i)
})

test('one last digit in ten makes a number, and what nobody has is said to be nobody’s', async ({ arrive }) => {
  const red = await arrive('red')
  const own = await red.number()
  // Next to one's own, so nobody has it: numbers are drawn at random.
  const beginning = own.slice(0, 7) + String((Number(own[7]) + 1) % 10)
  const said: (string | null)[] = []
  for (let last = 0; last < 10; last += 1) {
    await red.dial(`${beginning}${last}`)
    const mistyped = red.page.getByText('One digit may be wrong')
    await expect(mistyped.or(red.ended)).toBeVisible()
    said.push((await mistyped.isVisible()) ? null : await red.ended.textContent())
    if (await red.ended.isVisible()) await red.button('Done').click()
    await red.field.clear()
  }
  expect(said.filter((words) => words !== null)).toEqual([expect.stringMatching(/nobody|no one/i)])
})

function spaced(number: string): RegExp {
  return new RegExp((number.match(/.{3}/g) ?? []).join('\\s'))
}
