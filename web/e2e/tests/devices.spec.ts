import type { Person } from '../src/person.ts'
import { expect, test, type Arrive } from '../src/fixtures.ts'

/** Milliseconds. Machines are not alike: the figure is printed, and three times what is promised fails. */
const silentWithin = 3 * 1_000

/** When a page that rings stopped doing so, by its own clock: milliseconds since 1970. */
async function silence(device: Person): Promise<number> {
  return await device.incoming.evaluate(
    async (ringing) =>
      await new Promise<number>((done) => {
        new MutationObserver((_, watch) => {
          if (ringing.isConnected) return
          watch.disconnect()
          done(Date.now())
        }).observe(document.body, { childList: true, subtree: true })
      }),
  )
}

/** Green's three devices, and red who is somebody else. */
async function threeDevices(arrive: Arrive): Promise<{ red: Person; devices: [Person, Person, Person] }> {
  const first = await arrive('green')
  const second = await linked(arrive, first)
  const third = await linked(arrive, first)
  const red = await arrive('red')
  return { red, devices: [first, second, third] }
}

async function linked(arrive: Arrive, first: Person): Promise<Person> {
  const offered = first.frame('framereceived', /"code":/)
  await first.page.goto(new URL('/settings', first.page.url()).href)
  await first.button('Link a device').click()
  const code = /"code":"([^"]+)"/.exec(await offered)?.[1] ?? ''
  const next = await arrive('green', { path: `/#link=${code}` })
  await next.button('Link this device').click()
  await first.button('Approve').click()
  await first.page.goto(new URL('/', first.page.url()).href)
  const number = await first.number()
  await expect.poll(async () => await next.number(), { message: 'the number of the first device' }).toBe(number)
  return next
}

test('all devices of a person ring; when one answers the others fall silent within a second', async ({ arrive }) => {
  const { red, devices } = await threeDevices(arrive)
  const [first, second, third] = devices
  await red.dial(await first.number())
  for (const device of devices) await expect(device.incoming).toBeVisible()
  const silences = Promise.all([second, third].map(silence))
  const answered = first.frame('framesent', /"t":"accept"/).then(() => Date.now())
  await first.answer()
  const took = Math.max(...(await silences)) - (await answered)
  console.log(`  the others fell silent ${took} ms after the answer`)
  expect(took).toBeLessThan(silentWithin)
  await expect(second.page.getByRole('status').filter({ hasText: 'Answered on another device' })).toBeAttached()
  await Promise.all([red.expectConnected(), first.expectConnected()])
  await red.expectSees('green')
})

test('when one device declines, all fall silent', async ({ arrive }) => {
  const { red, devices } = await threeDevices(arrive)
  await red.dial(await devices[0].number())
  for (const device of devices) await expect(device.incoming).toBeVisible()
  await devices[1].decline()
  for (const device of devices) await expect(device.incoming).toBeHidden()
  await expect(red.ended).toContainText(/declin/i)
})

test('a device that arrives while it rings, rings too', async ({ arrive }) => {
  const { red, devices } = await threeDevices(arrive)
  const [first, second, third] = devices
  const number = await first.number()
  const home = third.page.url()
  await third.page.goto('about:blank')
  await red.dial(number)
  await expect(first.incoming).toBeVisible()
  await expect(second.incoming).toBeVisible()
  await third.page.goto(home)
  await expect(third.incoming).toBeVisible()
  await third.answer()
  await Promise.all([red.expectConnected(), third.expectConnected()])
  await expect(first.incoming).toBeHidden()
})
