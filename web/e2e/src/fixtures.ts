// What every test gets: a server of its own, and people in browser contexts of their own.
import { test as base, type Browser, type BrowserContextOptions } from '@playwright/test'
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportCa } from './ca.ts'
import { paintSecondCamera } from './cameras.ts'
import { launch } from './browser.ts'
import { writeMedia, type Colour } from './media.ts'
import { Person } from './person.ts'
import { installProbe } from './probe.ts'
import { Server } from './server.ts'
import { trustInHome } from './trust.ts'

export interface PersonOptions {
  /** Where to go first; null stays on the blank page. */
  readonly path?: string | null
  readonly context?: BrowserContextOptions
  /** So many fake cameras, and three microphones and speakers, instead of the colour and the tone: see `cameras.ts`. */
  readonly cameras?: number
  /** Runs in the page before its own scripts. */
  readonly before?: () => void
}

export type Arrive = (colour: Colour, options?: PersonOptions) => Promise<Person>

/** Shared by the tests of a worker: one CA, trusted by one home folder, and one browser per colour. */
interface Shared {
  readonly folder: string
  readonly ca: string
  readonly home: string
  readonly browser: (colour: Colour, cameras?: number) => Promise<Browser>
}

export const test = base.extend<{ server: Server; flags: string[]; host: string; arrive: Arrive }, { shared: Shared }>({
  shared: [
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'magpie-e2e-'))
      const home = join(folder, 'home')
      const ca = await exportCa(folder)
      await trustInHome(home, join(folder, 'ca.pem'))
      const browsers = new Map<string, Promise<Browser>>()
      const start = async (colour: Colour, cameras?: number): Promise<Browser> =>
        cameras === undefined
          ? await launch(home, await writeMedia(folder, colour))
          : await launch(home, undefined, [`--use-fake-device-for-media-stream=device-count=${cameras}`])
      const browser = async (colour: Colour, cameras?: number): Promise<Browser> => {
        const name = cameras === undefined ? colour : `${cameras} cameras`
        const running = browsers.get(name) ?? start(colour, cameras)
        browsers.set(name, running)
        return await running
      }
      await use({ folder, ca, home, browser })
      await Promise.all([...browsers.values()].map(async (running) => (await running).close()))
      await rm(folder, { recursive: true, force: true })
    },
    { scope: 'worker' },
  ],

  /** Further flags of the server, set with `test.use`. */
  flags: [[], { option: true }],

  /** The address it listens on, as in a URL. */
  host: ['127.0.0.1', { option: true }],

  server: async ({ shared, flags, host }, use, info) => {
    const data = await mkdtemp(join(shared.folder, 'data-'))
    await cp(shared.ca, data, { recursive: true })
    const server = new Server(data, flags, host)
    await server.start()
    await use(server)
    await server.stop()
    if (info.status !== info.expectedStatus) await info.attach('server log', { body: server.log })
  },

  arrive: async ({ server, shared }, use) => {
    const people: Person[] = []
    await use(async (colour, { path = '/', context, cameras, before } = {}) => {
      const browser = await shared.browser(colour, cameras)
      const made = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 800 }, ...context })
      await made.addInitScript(installProbe)
      if (cameras !== undefined) await made.addInitScript(paintSecondCamera)
      if (before !== undefined) await made.addInitScript(before)
      const person = await Person.at(await made.newPage(), colour)
      people.push(person)
      if (path !== null) await person.page.goto(server.origin + path)
      return person
    })
    await Promise.all(people.map(async (person) => person.context.close()))
  },
})

export { expect } from '@playwright/test'
