// What a page and a server say to each other, seen from outside the page: over WebSockets, and over plain HTTP, which a page
// takes where WebSockets are cut, and on a slow machine also where they are only late.
import type { Page } from '@playwright/test'

export type FrameEvent = 'framesent' | 'framereceived'

/** Tells each message that the page sends or gets from now on, also on the pages it goes to. */
export async function overhear(page: Page, tell: (event: FrameEvent, frame: string) => void): Promise<void> {
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => tell('framesent', String(payload)))
    socket.on('framereceived', ({ payload }) => tell('framereceived', String(payload)))
  })
  page.on('request', (request) => {
    if (request.method() !== 'POST' || new URL(request.url()).pathname !== '/signal') return
    for (const frame of (request.postData() ?? '').split('\n')) tell('framesent', frame)
  })
  const session = await page.context().newCDPSession(page)
  session.on('Network.eventSourceMessageReceived', ({ eventName, data }) => {
    if (eventName === 'message') tell('framereceived', data)
  })
  await session.send('Network.enable')
}
