// Takes every other way than one kind of relay from a page.
import { expect } from '@playwright/test'
import type { Person } from './person.ts'
import type { Server } from './server.ts'

export type RelayPath = 'udp' | 'tcp' | 'tls'

/** Opens the page with `Hide my address` on and only one kind of relay on offer. */
export async function onlyRelay(person: Person, server: Server, path: RelayPath): Promise<Person> {
  await person.page.addInitScript(offerOnly, path)
  await person.page.goto(`${server.origin}/settings`)
  const hide = person.page.getByRole('switch', { name: 'Hide my address' })
  await hide.check()
  await expect(hide).toBeChecked()
  await person.page.goto(server.origin)
  return person
}

/** Runs in the page: of the servers it is given, only one kind of URL is left. */
function offerOnly(path: RelayPath): void {
  const belongs = (url: string): boolean => {
    if (path === 'tls') return url.startsWith('turns:')
    return url.startsWith('turn:') && url.endsWith('transport=tcp') === (path === 'tcp')
  }
  const fetch = window.fetch.bind(window)
  window.fetch = async (...request) => {
    const response = await fetch(...request)
    if (!response.url.endsWith('/api/ice-servers')) return response
    const answer = (await response.json()) as { iceServers: { urls: string | string[] }[] }
    const iceServers = answer.iceServers
      .map((entry) => ({ ...entry, urls: [entry.urls].flat().filter(belongs) }))
      .filter(({ urls }) => urls.length > 0)
    if (iceServers.length === 0) throw new Error(`no relay over ${path} is on offer`)
    return Response.json({ ...answer, iceServers })
  }
}
