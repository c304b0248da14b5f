/** How far one side of a demonstration has come. `left`: the server or the other side is gone. */
export type Stage = 'joining' | 'joined' | 'calling' | 'answering' | 'left'

/** One side of a demonstration, as its client sees it. */
export interface Side {
  readonly name: string
  /** What this side sends. */
  readonly stream: MediaStream
  /** Draws what this side receives. */
  readonly show: (remote: MediaStream) => void
  readonly at: (stage: Stage) => void
}

/**
 * Lets two clients of one protocol join the server and the first call the second; what follows is told to the sides.
 *
 * @param server the server's address
 * @param ending ends both clients
 * @throws when one of them cannot join
 */
export type Demo = (server: URL, sides: readonly [Side, Side], ending: AbortSignal) => Promise<void>

/** The ICE servers, in the way every foreign client gets them. */
export async function iceServers({ origin }: URL, ending: AbortSignal): Promise<RTCConfiguration> {
  const answer = await fetch(`${origin}/api/ice-servers`, { signal: ending, cache: 'no-store' })
  if (!answer.ok) throw new Error(`/api/ice-servers: ${answer.status} ${await answer.text()}`)
  return (await answer.json()) as RTCConfiguration
}

/** Runs `end` when the demonstration ends, at once when it is over already. */
export function whenEnding(ending: AbortSignal, end: () => void): void {
  if (ending.aborted) return end()
  ending.addEventListener('abort', end, { once: true })
}
