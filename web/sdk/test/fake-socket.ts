export type Message = Readonly<Record<string, unknown>> & { readonly t: string }

export const WELCOME = {
  t: 'welcome',
  me: { id: 'me', number: '100000006', handle: null, name: null, devices: [] },
  endpoint: 'me.tab',
  token: 'token',
  calls: [],
  missed: [],
  contacts: [],
  blocked: [],
  now: 0,
}

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static readonly OPEN = 1
  static readonly all: FakeSocket[] = []
  static get last(): FakeSocket {
    const last = FakeSocket.all.at(-1)
    if (last === undefined) throw new Error('no socket was opened')
    return last
  }

  readonly sent: Message[] = []
  readyState = 0
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number; reason: string }) => void) | null = null
  onSend: (message: Message) => void = () => undefined

  constructor(readonly url: string) {
    FakeSocket.all.push(this)
  }

  send(text: string): void {
    const message = JSON.parse(text) as Message
    this.sent.push(message)
    this.onSend(message)
  }

  close(): void {
    this.readyState = 3
  }

  /** The server says something. */
  say(message: object): void {
    this.readyState = 1
    this.onmessage?.({ data: JSON.stringify(message) })
  }

  /** The server asks for proof, and the page has had the time to give it. */
  async hello(nonce: string): Promise<void> {
    this.say({ t: 'hello', nonce, v: 1 })
    for (let i = 0; i < 5; i++) await Promise.resolve()
  }

  async welcome(more: object = {}): Promise<void> {
    await this.hello('nonce')
    this.say({ ...WELCOME, ...more })
  }

  /** The connection closes from the other side. */
  shut(code: number): void {
    this.readyState = 3
    this.onclose?.({ code, reason: '' })
  }
}
