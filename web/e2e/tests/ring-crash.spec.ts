// Every outcome of a ring, with the server killed and restarted between its steps.
import type { Person } from '../src/person.ts'
import { expect, test, type Arrive } from '../src/fixtures.ts'
import type { Server } from '../src/server.ts'

/** When the server dies: after the dial is on its way, while it rings, or as the callee decides. */
const moments = ['just after dialling', 'while ringing', 'just after the decision'] as const
type Moment = (typeof moments)[number]

const outcomes: Record<
  string,
  { decide: (red: Person, green: Person) => Promise<void>; expect: (red: Person, green: Person) => Promise<void> }
> = {
  answered: {
    decide: async (_red, green) => await green.answer(),
    expect: async (red, green) => {
      await Promise.all([red.expectConnected(), green.expectConnected()])
      await Promise.all([red.expectSees('green'), green.expectSees('red')])
    },
  },
  declined: {
    decide: async (_red, green) => await green.decline(),
    expect: async (red, green) => {
      await expect(red.ended).toContainText(/declin/i, { timeout: 15_000 })
      await expect(green.incoming).toBeHidden()
    },
  },
  cancelled: {
    decide: async (red) => await red.button('Cancel call').click(),
    expect: async (_red, green) => {
      await expect(green.incoming).toBeHidden({ timeout: 15_000 })
      await expect(green.page.getByRole('list', { name: 'Recents' })).toContainText(/missed/i)
    },
  },
}

for (const [name, outcome] of Object.entries(outcomes)) {
  for (const moment of moments) {
    test(`${name}, with the server killed ${moment}`, async ({ arrive, server }) => {
      const { red, green } = await dialled(arrive, server, moment)
      if (moment === 'while ringing') await server.crash()
      await outcome.decide(red, green)
      if (moment === 'just after the decision') await server.crash()
      await outcome.expect(red, green)
    })
  }
}

test('busy, with the server killed during the first call', async ({ arrive, server }) => {
  const { red, green, number } = await dialled(arrive, server, 'while ringing')
  await green.answer()
  await Promise.all([red.expectConnected(), green.expectConnected()])
  await server.crash()
  const blue = await arrive('blue')
  await blue.number()
  await blue.dial(number)
  await expect(blue.ended).toContainText(/busy|another call/i)
})

test('not answered, with the server killed while it rings', async ({ arrive, server }) => {
  test.setTimeout(100_000)
  const { red, green } = await dialled(arrive, server, 'while ringing')
  await server.crash()
  await expect(red.ended).toContainText(/no answer|did not answer|didn.t answer/i, { timeout: 55_000 })
  await expect(green.incoming).toBeHidden()
  await expect(green.page.getByRole('list', { name: 'Recents' })).toContainText(/missed/i)
})

async function dialled(
  arrive: Arrive,
  server: Server,
  moment: Moment,
): Promise<{ red: Person; green: Person; number: string }> {
  const red = await arrive('red')
  const green = await arrive('green')
  const number = await green.number()
  await red.number()
  await red.dial(number)
  if (moment === 'just after dialling') await server.crash()
  await expect(green.incoming).toBeVisible({ timeout: 15_000 })
  await expect(red.outgoing).toBeVisible()
  return { red, green, number }
}
