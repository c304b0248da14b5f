// Every outcome of a ring, with the server killed and restarted at each message on the way.
import type { Person } from '../src/person.ts'
import { expect, test, type Arrive } from '../src/fixtures.ts'
import type { FrameEvent } from '../src/talk.ts'

type Role = 'caller' | 'callee'

/** The first frame that one page sends or gets and that matches. */
interface Moment {
  readonly at: Role
  readonly event: FrameEvent
  readonly frame: RegExp
}

interface Outcome {
  readonly decide: (red: Person, green: Person) => Promise<void>
  readonly expect: (red: Person, green: Person) => Promise<void>
  readonly moments: Readonly<Record<string, Moment>>
}

const beginning: Record<string, Moment> = {
  'the dial is on its way': { at: 'caller', event: 'framesent', frame: /"t":"dial"/ },
  'the dial is acknowledged': { at: 'caller', event: 'framereceived', frame: /"t":"ok".*"call"/ },
  'the caller hears it ring': { at: 'caller', event: 'framereceived', frame: /"state":"ringing"/ },
  'the callee’s page rings': { at: 'callee', event: 'framereceived', frame: /"state":"ringing"/ },
}

const outcomes: Record<string, Outcome> = {
  answered: {
    decide: async (_red, green) => await green.answer(),
    expect: async (red, green) => {
      await Promise.all([red.expectConnected(), green.expectConnected()])
      await Promise.all([red.expectSees('green'), green.expectSees('red')])
    },
    moments: {
      ...beginning,
      'the acceptance is on its way': { at: 'callee', event: 'framesent', frame: /"t":"accept"/ },
      'the callee is in the call': { at: 'callee', event: 'framereceived', frame: /"state":"active"/ },
      'the caller is in the call': { at: 'caller', event: 'framereceived', frame: /"state":"active"/ },
      'the offer is on its way': { at: 'caller', event: 'framesent', frame: /"type":"offer"/ },
      'the answer is on its way': { at: 'callee', event: 'framesent', frame: /"type":"answer"/ },
      'the caller has a candidate': { at: 'caller', event: 'framereceived', frame: /"candidate":\{/ },
    },
  },
  declined: {
    decide: async (_red, green) => await green.decline(),
    expect: async (red, green) => {
      await expect(red.ended).toContainText(/declin/i)
      await expect(green.incoming).toBeHidden()
    },
    moments: {
      ...beginning,
      'the refusal is on its way': { at: 'callee', event: 'framesent', frame: /"t":"decline"/ },
      'the callee is rid of the call': { at: 'callee', event: 'framereceived', frame: /"state":"ended"/ },
      'the caller hears the refusal': { at: 'caller', event: 'framereceived', frame: /"state":"ended"/ },
    },
  },
  cancelled: {
    decide: async (red) => await red.button('Cancel call').click(),
    expect: async (_red, green) => {
      await expect(green.incoming).toBeHidden()
      await expect(green.page.getByRole('list', { name: 'Recents' })).toContainText(/missed/i)
    },
    moments: {
      ...beginning,
      'the cancellation is on its way': { at: 'caller', event: 'framesent', frame: /"t":"hangup"/ },
      'the caller is rid of the call': { at: 'caller', event: 'framereceived', frame: /"state":"ended"/ },
      'the callee’s page falls silent': { at: 'callee', event: 'framereceived', frame: /"state":"ended"/ },
    },
  },
}

for (const [name, outcome] of Object.entries(outcomes)) {
  for (const [when, moment] of Object.entries(outcome.moments)) {
    test(`${name}, with the server killed as ${when}`, async ({ arrive, server }) => {
      const { red, green, number } = await two(arrive)
      const watched = moment.at === 'caller' ? red : green
      const crashed = watched.frame(moment.event, moment.frame).then(async () => await server.crash())
      await red.dial(number)
      await expect(green.incoming).toBeVisible()
      await expect(red.outgoing).toBeVisible()
      await outcome.decide(red, green)
      await crashed
      await outcome.expect(red, green)
    })
  }
}

test('busy, with the server killed during the first call', async ({ arrive, server }) => {
  const { red, green, number } = await two(arrive)
  await red.dial(number)
  await green.answer()
  await Promise.all([red.expectConnected(), green.expectConnected()])
  await server.crash()
  const blue = await arrive('blue')
  await blue.number()
  await blue.dial(number)
  await expect(blue.ended).toContainText(/busy|another call/i)
})

test('busy, with the server killed as the third dial is on its way', async ({ arrive, server }) => {
  const { red, green, number } = await two(arrive)
  await red.dial(number)
  await green.answer()
  await Promise.all([red.expectConnected(), green.expectConnected()])
  const blue = await arrive('blue')
  await blue.number()
  const crashed = blue.frame('framesent', /"t":"dial"/).then(async () => await server.crash())
  await blue.dial(number)
  await crashed
  await expect(blue.ended).toContainText(/busy|another call/i)
})

test('not answered, with the server killed while it rings', async ({ arrive, server }) => {
  const { red, green, number } = await two(arrive)
  await red.dial(number)
  await expect(green.incoming).toBeVisible()
  await server.crash()
  await expect(red.ended).toContainText(/no answer|did not answer|didn.t answer/i, { timeout: 75_000 })
  await expect(green.incoming).toBeHidden()
  await expect(green.page.getByRole('list', { name: 'Recents' })).toContainText(/missed/i)
})

async function two(arrive: Arrive): Promise<{ red: Person; green: Person; number: string }> {
  const red = await arrive('red')
  const green = await arrive('green')
  await red.number()
  return { red, green, number: await green.number() }
}
