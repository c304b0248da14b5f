import { connect } from '../src/person.ts'
import { expect, test } from '../src/fixtures.ts'

test('a first visit shows a working number and asks for nothing', async ({ arrive }) => {
  const red = await arrive('red')
  expect(await red.number()).toMatch(/^[1-9]\d{8}$/)
  await expect(red.page.getByRole('textbox')).toHaveCount(1)
  expect(await red.page.evaluate(() => window.probe.captures)).toBe(0)
})

test('two first visitors see and hear each other', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green)
  await Promise.all([red.expectFrames(), green.expectFrames()])
  await Promise.all([red.expectSees('green'), green.expectSees('red')])
  await Promise.all([red.expectHears('green'), green.expectHears('red')])
  await red.expectSees('red', red.ownVideo)

  await green.hangUp()
  await expect(red.ended).toBeVisible()
  await expect(green.ended).toBeVisible()
  await expect
    .poll(() => red.page.evaluate(() => window.probe.connections.every((c) => c.connectionState === 'closed')))
    .toBe(true)
})

test('an audio call is heard both ways and shows no picture', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await connect(red, green, 'audio')
  await Promise.all([red.expectHears('green'), green.expectHears('red')])
  expect(await red.frames()).toBe(0)
})

test('the number stays the same when the person comes back', async ({ arrive }) => {
  const red = await arrive('red')
  const before = await red.number()
  await red.page.reload()
  expect(await red.number()).toBe(before)
})

test('the number survives a restart of the server', async ({ arrive, server }) => {
  const red = await arrive('red')
  const before = await red.number()
  await server.crash()
  await red.page.reload()
  expect(await red.number()).toBe(before)
})

test('a link to a person calls that person', async ({ arrive }) => {
  const green = await arrive('green')
  const red = await arrive('red', { path: `/call/${await green.number()}` })
  await red.button('Video call').click()
  await green.answer()
  await Promise.all([red.expectConnected(), green.expectConnected()])
  await red.expectSees('green')
})

test('a handle can be dialled once it is chosen', async ({ arrive }) => {
  const green = await arrive('green', { path: '/settings' })
  await green.page.getByRole('textbox', { name: 'Handle' }).fill('鹊桥-green')
  await green.button('Save').first().click()
  await expect(green.page.getByRole('textbox', { name: 'Handle' })).toHaveValue('鹊桥-green')
  const red = await arrive('red')
  await red.dial('@鹊桥-green')
  await green.answer()
  await red.expectConnected()
})
