// A person at the page, who knows it by the names and roles of its controls only.
import { EventEmitter } from 'node:events'
import { expect, type BrowserContext, type Locator, type Page } from '@playwright/test'
import { looks, type Colour, type Look } from './media.ts'
import { framesDecoded, loudestTone, meanColour, route } from './probe.ts'
import { overhear, type FrameEvent } from './talk.ts'

export type Medium = 'video' | 'audio'

export class Person {
  readonly home: Locator
  readonly field: Locator
  readonly incoming: Locator
  readonly outgoing: Locator
  readonly call: Locator
  readonly ended: Locator
  readonly remoteVideo: Locator
  readonly ownVideo: Locator
  /** What the page has said to servers so far, and heard of them. */
  readonly sent: string[] = []
  readonly received: string[] = []
  readonly #frames = new EventEmitter<Record<FrameEvent, [string]>>()

  private constructor(
    readonly page: Page,
    readonly colour: Colour,
  ) {
    this.home = page.getByRole('status', { name: 'My number' })
    this.field = page.getByRole('textbox', { name: 'Number, handle or link' })
    this.incoming = page.getByRole('alertdialog', { name: 'Incoming call' })
    this.outgoing = page.getByRole('region', { name: 'Outgoing call' })
    this.call = page.getByRole('region', { name: 'Call', exact: true })
    this.ended = page.getByRole('region', { name: 'Call ended' })
    this.remoteVideo = page.getByLabel('Remote video', { exact: true })
    this.ownVideo = page.getByLabel('My video', { exact: true })
  }

  /** A person whose page has not been anywhere yet. */
  static async at(page: Page, colour: Colour): Promise<Person> {
    const person = new Person(page, colour)
    await overhear(page, (event, frame) => {
      ;(event === 'framesent' ? person.sent : person.received).push(frame)
      person.#frames.emit(event, frame)
    })
    return person
  }

  get context(): BrowserContext {
    return this.page.context()
  }

  /** Resolves with the next frame between the page and the server that matches. */
  async frame(event: FrameEvent, pattern: RegExp): Promise<string> {
    return await new Promise((done) => {
      const look = (frame: string): void => {
        if (!pattern.test(frame)) return
        this.#frames.off(event, look)
        done(frame)
      }
      this.#frames.on(event, look)
    })
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  /** The person's number, nine digits without spaces, once the page shows it. */
  async number(): Promise<string> {
    await expect(this.home).toHaveText(/\d{3}\s\d{3}\s\d{3}/)
    return ((await this.home.textContent()) ?? '').replaceAll(/\D/g, '')
  }

  async dial(to: string, medium: Medium = 'video'): Promise<void> {
    await this.field.fill(to)
    await this.button(medium === 'video' ? 'Video call' : 'Audio call').click()
  }

  async answer(medium: Medium = 'video'): Promise<void> {
    await this.incoming.getByRole('button', { name: `Answer with ${medium}` }).click()
  }

  async decline(): Promise<void> {
    await this.incoming.getByRole('button', { name: 'Decline', exact: true }).click()
  }

  async hangUp(): Promise<void> {
    // The bar fades after a while; a moving pointer brings it back.
    await this.page.mouse.move(200, 200)
    await this.page.mouse.move(220, 220)
    await this.button('Hang up').click()
  }

  /** Uses a control of the call's bar. */
  async press(name: string): Promise<void> {
    await this.page.mouse.move(200, 200)
    await this.page.mouse.move(220, 220)
    await this.button(name).click()
  }

  /** Waits until the call stands: duration shown and new frames coming in. */
  async expectConnected(): Promise<void> {
    await expect(this.page.getByRole('timer', { name: 'Duration' })).toBeAttached()
  }

  async frames(): Promise<number> {
    return await this.page.evaluate(framesDecoded)
  }

  /** Waits until `more` further frames have been decoded. */
  async expectFrames(more = 5): Promise<void> {
    const before = await this.frames()
    await expect.poll(async () => await this.frames()).toBeGreaterThanOrEqual(before + more)
  }

  /** Waits until a video element shows somebody's colour. */
  async expectSees(other: Colour, where: Locator = this.remoteVideo): Promise<void> {
    await expect.poll(async () => nearest(await where.evaluate(meanColour))).toBe(other)
  }

  /** Waits until somebody's tone is heard. */
  async expectHears(other: Colour): Promise<void> {
    await expect
      .poll(async () => Math.abs(((await this.tone(1_500)) ?? 0) - looks[other].tone), {
        timeout: 20_000,
      })
      .toBeLessThan(25)
  }

  /** The loudest frequency heard within some milliseconds; null when it is quiet. */
  async tone(milliseconds: number): Promise<number | null> {
    return await this.page.locator('body').evaluate(loudestTone, milliseconds)
  }

  async route(): ReturnType<typeof route> {
    return await this.page.evaluate(route)
  }
}

/** The colour that a mean of red, green and blue is closest to; null without a picture or when it is none of them. */
export function nearest(mean: [number, number, number] | null): Colour | null {
  if (mean === null) return null
  for (const [colour, { rgb }] of Object.entries(looks) as [Colour, Look][]) {
    const far = mean.some((value, channel) => Math.abs(value - (rgb[channel] ?? 0)) > 90)
    if (!far) return colour
  }
  return null
}

/** Brings two people from home to a call that stands. */
export async function connect(caller: Person, callee: Person, medium: Medium = 'video'): Promise<void> {
  await caller.dial(await callee.number(), medium)
  await callee.answer(medium)
  await Promise.all([caller.expectConnected(), callee.expectConnected()])
}
