import { LOST, type OpenCarrier } from './carrier'

/** Server-sent events down, requests up: what is left where WebSockets are cut. */
export const plainHttp: OpenCarrier = (server, owner) => {
  const events = new EventSource(`${server}/sse`)
  const waiting: string[] = []
  let session: string | null = null
  let posting = false
  let over = false

  const close = (): void => {
    over = true
    events.close()
  }
  const end = (code: number, reason: string): void => {
    if (over) return
    close()
    owner.closed(code, reason)
  }
  // One request at a time, so that messages cannot overtake each other; what gathers meanwhile goes together.
  const post = async (): Promise<void> => {
    if (posting) return
    posting = true
    while (!over && waiting.length > 0) {
      const body = waiting.splice(0, portion(waiting)).join('\n')
      const headers = { authorization: `Bearer ${session ?? ''}` }
      const sent = await fetch(`${server}/signal`, { method: 'POST', body, headers, cache: 'no-store' }).catch(
        () => null,
      )
      if (sent?.ok !== true) end(LOST, '')
    }
    posting = false
  }

  events.onmessage = ({ data }: MessageEvent<string>) => owner.message(data)
  events.addEventListener('session', ({ data }: MessageEvent<string>) => {
    session = (JSON.parse(data) as { session: string }).session
  })
  events.addEventListener('close', ({ data }: MessageEvent<string>) => {
    const { code, reason } = JSON.parse(data) as { code: number; reason: string }
    end(code, reason)
  })
  // Left alone it would open another stream by itself, and with it a session that nobody has proved.
  events.onerror = () => end(LOST, '')
  return {
    get open() {
      return session !== null && !over
    },
    send: (text) => {
      waiting.push(text)
      void post()
    },
    close,
  }
}

/** How many messages fit one request. */
function portion(waiting: readonly string[]): number {
  let length = 0
  const first = waiting.findIndex((text) => (length += text.length + 1) > BODY)
  return first === -1 ? waiting.length : Math.max(1, first)
}

/** Characters of a request, a third of the bytes the server takes: a character has at most three. */
const BODY = 80_000
