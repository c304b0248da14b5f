import { expect, test } from '../src/fixtures.ts'

test('an invite link works once', async ({ arrive, server }) => {
  const green = await arrive('green', { path: '/settings' })
  await green.button('Create an invite link').click()
  const link = green.page
    .getByText(/\/call\/i-/)
    .or(green.page.locator('input[value*="/call/i-"]'))
    .first()
  await expect(link).toBeVisible()
  const url = (await link.inputValue().catch(() => null)) ?? (await link.textContent()) ?? ''
  const path = /\/call\/i-[\w-]+/.exec(url)?.[0] ?? ''
  expect(path).not.toBe('')

  const red = await arrive('red', { path })
  await red.button('Video call').click()
  await green.answer()
  await red.expectConnected()
  await red.hangUp()

  const blue = await arrive('blue', { path: null })
  await blue.page.goto(server.origin + path)
  const call = blue.button('Video call')
  const used = blue.page.getByText(/already|used|no longer|expired/i).first()
  await call.or(used).first().waitFor()
  if (await call.isEnabled().catch(() => false)) await call.click()
  await expect(used).toBeVisible()
  await expect(green.incoming).toBeHidden()
})

test('somebody who is blocked rings in vain and is not noticed, until they are unblocked', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  const number = await green.number()
  await red.dial(number)
  await green.decline()
  await expect(red.ended).toBeVisible()
  await red.button('Done').click()
  const recent = green.page.getByRole('list', { name: 'Recents' }).getByRole('listitem').first()
  await recent.getByRole('button', { name: /more|options/i }).click()
  await green.page.getByRole('menuitem', { name: /block/i }).click()

  await red.dial(number)
  await expect(red.outgoing).toBeVisible()
  await green.page.waitForTimeout(2_000)
  await expect(green.incoming).toBeHidden()
  await expect(red.outgoing).toBeVisible()

  await red.button('Cancel call').click()
  await green.page.getByRole('link', { name: 'Settings' }).click()
  await green.page.getByRole('button', { name: /^Unblock / }).click()
  await expect(green.page.getByText('Nobody is blocked.')).toBeVisible()
  await red.button('Done').click()
  await red.dial(number)
  await expect(green.incoming).toBeVisible()
})

test('a contact shows as online to one who is their contact too, and to nobody else', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green')
  await red.dial(await green.number())
  await green.decline()
  await red.button('Done').click()
  for (const person of [red, green]) {
    const recent = person.page.getByRole('list', { name: 'Recents' }).getByRole('listitem').first()
    await recent.getByRole('button', { name: /more|options/i }).click()
    await person.page.getByRole('menuitem', { name: /add.*contact/i }).click()
    const contacts = person.page.getByRole('list', { name: 'Contacts' })
    await expect(contacts.getByRole('listitem')).toHaveCount(1)
    if (person === red) await expect(contacts).not.toContainText(/online/i)
  }
  await expect(red.page.getByRole('list', { name: 'Contacts' })).toContainText(/online/i)
  await green.context.close()
  await expect(red.page.getByRole('list', { name: 'Contacts' })).not.toContainText(/online/i)
})
