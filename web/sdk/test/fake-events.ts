/** An EventSource whose other end is the test. */
export class FakeEvents extends EventTarget {
  static readonly all: FakeEvents[] = []
  static get last(): FakeEvents {
    const last = FakeEvents.all.at(-1)
    if (last === undefined) throw new Error('no stream was opened')
    return last
  }

  closed = false
  onmessage: ((event: { data: string }) => void) | null = null
  onerror: (() => void) | null = null

  constructor(readonly url: string) {
    super()
    FakeEvents.all.push(this)
  }

  close(): void {
    this.closed = true
  }

  /** The server sends a message. */
  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  /** The server sends an event of another kind. */
  tell(name: string, data: object): void {
    this.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }))
  }
}
