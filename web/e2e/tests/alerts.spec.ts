// What tells people of a call while they look elsewhere: sounds, the tab's title, a notification.
import type { Person } from '../src/person.ts'
import { expect, test } from '../src/fixtures.ts'

declare global {
  interface Window {
    loudness: (milliseconds: number) => Promise<number>
    notes: { title: string; body: string; closed: boolean }[]
  }
}

/** Runs in the page: whatever it plays through Web Audio can be measured. */
function eavesdrop(): void {
  const analysers: AnalyserNode[] = []
  // Every sound of the page goes through a gain of its own.
  const createGain = Object.getOwnPropertyDescriptor(BaseAudioContext.prototype, 'createGain')?.value as () => GainNode
  BaseAudioContext.prototype.createGain = function () {
    const gain = createGain.call(this)
    const analyser = this.createAnalyser()
    gain.connect(analyser)
    analysers.push(analyser)
    return gain
  }
  window.loudness = async (milliseconds) => {
    const samples = new Float32Array(2048)
    const end = performance.now() + milliseconds
    let loudest = 0
    while (performance.now() < end) {
      for (const analyser of analysers) {
        analyser.getFloatTimeDomainData(samples)
        loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), loudest)
      }
      await new Promise((done) => setTimeout(done, 20))
    }
    return loudest
  }
}

async function loudness({ page }: Person, milliseconds: number): Promise<number> {
  return await page.evaluate(async (milliseconds) => await window.loudness(milliseconds), milliseconds)
}

/** Waits until it is heard; the sounds of a telephone pause. */
async function expectSound(person: Person): Promise<void> {
  await expect.poll(async () => await loudness(person, 500)).toBeGreaterThan(0.01)
}

/** Waits until nothing is heard for longer than the longest pause between two rings. */
async function expectSilence(person: Person): Promise<void> {
  await expect.poll(async () => await loudness(person, 5_000)).toBeLessThan(0.01)
}

test('a page that may ring, rings until somebody answers, and the caller hears that it does', async ({ arrive }) => {
  const red = await arrive('red', { before: eavesdrop })
  const green = await arrive('green', { before: eavesdrop })
  const number = await green.number()
  const may = green.page.getByRole('switch', { name: 'Let this page ring' })
  await may.click()
  await expectSound(green)
  await expect(may).toBeHidden()
  await expectSilence(green)

  await red.dial(number)
  await expect(green.incoming).toBeVisible()
  await Promise.all([expectSound(green), expectSound(red)])
  await green.answer()
  await Promise.all([red.expectConnected(), green.expectConnected()])
  await Promise.all([expectSilence(green), expectSilence(red)])
})

test('a page asks once whether it may ring, and rings from the first touch on after that', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green', { before: eavesdrop })
  const number = await green.number()
  await green.page.getByRole('switch', { name: 'Let this page ring' }).click()
  await green.page.reload()
  expect(await green.number()).toBe(number)
  await expect(green.page.getByRole('switch', { name: 'Let this page ring' })).toBeHidden()
  await green.field.press('Tab')
  await red.dial(number)
  await expect(green.incoming).toBeVisible()
  await expectSound(green)
  await green.decline()
  await expectSilence(green)
})

test('a page that may not ring is silent, and its title says who calls until the call is over', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green', { before: eavesdrop })
  const title = await green.page.title()
  await red.dial(await green.number())
  await expect(green.incoming).toBeVisible()
  await expect(green.page).toHaveTitle(/ is calling$/)
  await expect(green.page).toHaveTitle(title)
  await expect(green.page).toHaveTitle(/ is calling$/)
  expect(await loudness(green, 4_000)).toBe(0)
  await red.button('Cancel call').click()
  await expect(green.incoming).toBeHidden()
  await expect(green.page).toHaveTitle(title)
})

test('who looks elsewhere is notified, and the notification goes with the ringing', async ({ arrive }) => {
  const red = await arrive('red')
  const green = await arrive('green', {
    context: { permissions: ['notifications'] },
    before: () => {
      // A headless page always has the focus, and no system shows its notifications.
      document.hasFocus = () => false
      window.notes = []
      window.Notification = class {
        static permission = 'granted'
        note: { title: string; body: string; closed: boolean }
        constructor(title: string, { body = '' }: NotificationOptions = {}) {
          this.note = { title, body, closed: false }
          window.notes.push(this.note)
        }
        close(): void {
          this.note.closed = true
        }
      } as unknown as typeof Notification
    },
  })
  const notes = async (): Promise<unknown> => await green.page.evaluate(() => window.notes)
  await red.dial(await green.number())
  await expect(green.incoming).toBeVisible()
  const note = { title: expect.stringMatching(/ is calling$/) as unknown, body: 'Press to answer in Magpie.' }
  expect(await notes()).toEqual([{ ...note, closed: false }])
  await green.decline()
  await expect.poll(notes).toEqual([{ ...note, closed: true }])
})
