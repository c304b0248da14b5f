import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Carrier } from '../src/carrier'
import { anyWay } from '../src/ways'
import { FakeEvents } from './fake-events'
import { FakeSocket } from './fake-socket'

const HELLO = { t: 'hello', nonce: 'n', v: 1 }
const posts: { body: string; session: string }[] = []
let answer: () => Promise<{ ok: boolean }>

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('EventSource', FakeEvents)
  answer = () => Promise.resolve({ ok: true })
  vi.stubGlobal('fetch', (_: string, { body, headers }: { body: string; headers: { authorization: string } }) => {
    posts.push({ body, session: headers.authorization })
    return answer()
  })
  FakeSocket.all.length = 0
  FakeEvents.all.length = 0
  posts.length = 0
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('choosing', () => {
  it('stays with a WebSocket that says hello at once', async () => {
    const { heard } = start()
    FakeSocket.last.say(HELLO)
    await pass(10_000)
    expect(FakeEvents.all).toHaveLength(0)
    expect(heard).toEqual([JSON.stringify(HELLO)])
  })

  it('tries plain HTTP at once when the WebSocket is refused', async () => {
    start()
    FakeSocket.last.shut(1006)
    await pass(0)
    expect(FakeEvents.all).toHaveLength(1)
  })

  it('tries plain HTTP after a while without a hello, and keeps whichever says it first', async () => {
    const { heard } = start()
    await pass(699)
    expect(FakeEvents.all).toHaveLength(0)
    await pass(1)
    FakeEvents.last.say(HELLO)
    expect(FakeSocket.last.readyState).toBe(3)
    expect(heard).toHaveLength(1)
  })

  it('lets plain HTTP go when the WebSocket was only slow', async () => {
    start()
    await pass(1_000)
    FakeSocket.last.say(HELLO)
    expect(FakeEvents.last.closed).toBe(true)
  })

  it('is over when neither reaches the server', async () => {
    const { ends } = start()
    FakeSocket.last.shut(1006)
    await pass(0)
    expect(ends).toEqual([])
    FakeEvents.last.onerror?.()
    expect(ends).toEqual([1006])
  })

  it('begins with both when plain HTTP won the last time', async () => {
    const way = anyWay()
    start(way).carrier.close()
    start(way)
    await pass(1_000)
    FakeEvents.last.say(HELLO)
    start(way)
    await pass(0)
    expect([FakeSocket.all.length, FakeEvents.all.length]).toEqual([3, 2])
  })

  it('takes a refused WebSocket for a server that starts again where one has worked, and tries it once more', async () => {
    const way = anyWay()
    start(way)
    FakeSocket.last.say(HELLO)
    const { heard, ends } = start(way)
    FakeSocket.last.shut(1006)
    await pass(0)
    FakeEvents.last.say(HELLO)
    expect([heard, ends, FakeEvents.last.closed]).toEqual([[], [1006], true])
    start(way)
    FakeSocket.last.say(HELLO)
    await pass(1_000)
    expect(FakeEvents.all).toHaveLength(1)
  })

  it('takes plain HTTP when the server that is there refuses the WebSocket again', async () => {
    const way = anyWay()
    start(way)
    FakeSocket.last.say(HELLO)
    for (let i = 0; i < 2; i++) {
      const { heard } = start(way)
      FakeSocket.last.shut(1006)
      await pass(0)
      FakeEvents.last.say(HELLO)
      expect(heard).toHaveLength(i)
    }
  })

  it('waits longer for a hello where a WebSocket has worked', async () => {
    const way = anyWay()
    start(way)
    FakeSocket.last.say(HELLO)
    start(way)
    await pass(2_999)
    expect(FakeEvents.all).toHaveLength(0)
    await pass(1)
    expect(FakeEvents.all).toHaveLength(1)
  })

  it('leaves WebSockets alone for five minutes after two were cut right behind their hello', async () => {
    const way = anyWay()
    for (let i = 0; i < 2; i++) {
      start(way)
      FakeSocket.last.say(HELLO)
      await pass(1_000)
      FakeSocket.last.shut(1006)
    }
    start(way)
    await pass(0)
    expect([FakeSocket.all.length, FakeEvents.all.length]).toEqual([2, 1])
    await pass(300_000)
    start(way)
    expect(FakeSocket.all).toHaveLength(3)
  })

  it('does not take a server that went away for something that cuts WebSockets', async () => {
    const way = anyWay()
    for (let i = 0; i < 3; i++) {
      start(way)
      FakeSocket.last.say(HELLO)
      await pass(1_000)
      FakeSocket.last.shut(1006)
      start(way)
      FakeSocket.last.shut(1006)
      await pass(0)
      FakeEvents.last.onerror?.()
    }
    start(way)
    expect(FakeSocket.all).toHaveLength(7)
  })

  it('knows a WebSocket that held, or was closed with a reason, from one that was cut', async () => {
    const way = anyWay()
    for (const [held, code] of [
      [1_000, 1006],
      [6_000, 1006],
      [1_000, 1006],
      [1_000, 1012],
      [1_000, 1006],
    ] as const) {
      start(way)
      FakeSocket.last.say(HELLO)
      await pass(held)
      FakeSocket.last.shut(code)
    }
    start(way)
    expect(FakeSocket.all).toHaveLength(6)
  })

  it('opens nothing after it was closed', async () => {
    start().carrier.close()
    await pass(5_000)
    expect(FakeEvents.all).toHaveLength(0)
  })
})

describe('plain HTTP', () => {
  it('names its session with each request', async () => {
    const { carrier } = await plain()
    carrier.send('one')
    expect(posts).toEqual([{ body: 'one', session: 'Bearer secret' }])
  })

  it('sends one request at a time, and what gathers meanwhile in order in the next', async () => {
    const { carrier } = await plain()
    let done: (answer: { ok: boolean }) => void = () => undefined
    answer = () => new Promise((resolve) => (done = resolve))
    for (const text of ['one', 'two', 'three']) carrier.send(text)
    expect(posts.map((post) => post.body)).toEqual(['one'])
    done({ ok: true })
    await pass(0)
    expect(posts.map((post) => post.body)).toEqual(['one', 'two\nthree'])
  })

  it('splits what is too long for one request', async () => {
    const { carrier } = await plain()
    let done: (answer: { ok: boolean }) => void = () => undefined
    answer = () => new Promise((resolve) => (done = resolve))
    const long = 'x'.repeat(50_000)
    for (let i = 0; i < 4; i++) carrier.send(long)
    for (let i = 0; i < 4; i++) {
      done({ ok: true })
      await pass(0)
    }
    expect(posts.map((post) => post.body.length)).toEqual([50_000, 50_000, 50_000, 50_000])
  })

  it('is over when a request fails', async () => {
    const { carrier, ends } = await plain()
    answer = () => Promise.resolve({ ok: false })
    carrier.send('one')
    await pass(0)
    expect(ends).toEqual([1006])
    expect(FakeEvents.last.closed).toBe(true)
  })

  it('hands on the code with which the server closes', async () => {
    const { ends } = await plain()
    FakeEvents.last.tell('close', { code: 4409, reason: 'replaced' })
    expect(ends).toEqual([4409])
  })

  it('does not let the browser open a stream of its own after a loss', async () => {
    const { ends } = await plain()
    FakeEvents.last.onerror?.()
    expect(FakeEvents.last.closed).toBe(true)
    expect(ends).toEqual([1006])
  })
})

function start(way = anyWay()): { carrier: Carrier; heard: string[]; ends: number[] } {
  const heard: string[] = []
  const ends: number[] = []
  const carrier = way('https://host', {
    message: (text) => heard.push(text),
    closed: (code) => ends.push(code),
  })
  return { carrier, heard, ends }
}

/** A link over plain HTTP. */
async function plain(): Promise<ReturnType<typeof start>> {
  const started = start()
  FakeSocket.last.shut(1006)
  await pass(0)
  FakeEvents.last.tell('session', { session: 'secret' })
  FakeEvents.last.say(HELLO)
  return started
}

/** Time passes, and what was asked to be loaded is there. */
async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
  await vi.dynamicImportSettled()
}
