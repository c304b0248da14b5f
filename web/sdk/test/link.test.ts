import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { BACKOFF_MS, Link, type LinkOwner } from '../src/link'
import { FakeSocket, WELCOME } from './fake-socket'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  vi.spyOn(Math, 'random').mockReturnValue(1)
  vi.stubGlobal('WebSocket', FakeSocket)
  FakeSocket.all.length = 0
})

afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('opening', () => {
  it('answers the challenge and is up at the welcome', async () => {
    const { link, log } = start()
    await FakeSocket.last.hello('nonce')
    expect(FakeSocket.last.sent).toEqual([
      { t: 'auth', key: 'k', sig: 'signed nonce', origin: 'o', tab: 't', label: 'l', hide: false },
    ])
    expect(link.up).toBe(false)
    FakeSocket.last.say(WELCOME)
    expect(link.up).toBe(true)
    expect(log).toEqual(['connecting 0', 'up'])
  })

  it('sends nothing before the welcome', async () => {
    const { link } = start()
    await FakeSocket.last.hello('nonce')
    expect(link.send({ t: 'hangup' })).toBe(false)
    FakeSocket.last.say(WELCOME)
    expect(link.send({ t: 'hangup' })).toBe(true)
  })

  it('gives an attempt up that does not end in a welcome within 8 s', async () => {
    const { log } = start()
    await FakeSocket.last.hello('nonce')
    await vi.advanceTimersByTimeAsync(8_000)
    expect(log).toEqual(['connecting 0', 'down'])
  })

  it('is refused for good after two refusals in a row, not after one', async () => {
    const { log } = start()
    FakeSocket.last.shut(4401)
    await vi.advanceTimersByTimeAsync(0)
    FakeSocket.last.shut(4401)
    expect(log.at(-1)).toBe('shut refused')
    await vi.advanceTimersByTimeAsync(60_000)
    expect(FakeSocket.all).toHaveLength(2)
  })
})

describe('reconnecting', () => {
  it('waits 0, 0.5, 1, 2, 4, then always 5 s', async () => {
    start()
    const waits: number[] = []
    for (let i = 0; i < 8; i++) {
      const before = Date.now()
      FakeSocket.last.shut(1006)
      const count = FakeSocket.all.length
      while (FakeSocket.all.length === count) await vi.advanceTimersToNextTimerAsync()
      waits.push(Date.now() - before)
    }
    expect(waits).toEqual([...BACKOFF_MS, 5_000, 5_000])
  })

  it('starts over with the first wait after a link that held', async () => {
    await startUp()
    await hold(6_000)
    FakeSocket.last.shut(1006)
    await vi.advanceTimersByTimeAsync(0)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it('does not spin against a server that welcomes and closes', async () => {
    start()
    for (let i = 0; i < 5; i++) {
      await FakeSocket.last.welcome()
      FakeSocket.last.shut(1006)
      await vi.advanceTimersByTimeAsync(BACKOFF_MS[i] ?? 0)
    }
    const count = FakeSocket.all.length
    FakeSocket.last.shut(1006)
    await vi.advanceTimersByTimeAsync(4_900)
    expect(FakeSocket.all).toHaveLength(count)
  })

  it('connects at once when the network comes back', async () => {
    const { link } = start()
    for (let i = 0; i < 5; i++) {
      FakeSocket.last.shut(1006)
      await vi.advanceTimersByTimeAsync(BACKOFF_MS[i] ?? 0)
    }
    FakeSocket.last.shut(1006)
    const count = FakeSocket.all.length
    link.wake('network')
    expect(FakeSocket.all).toHaveLength(count + 1)
  })

  it('makes a new link at once on a change of network, once', async () => {
    const { link } = await startUp()
    await hold(6_000)
    link.wake('network')
    await vi.advanceTimersByTimeAsync(0)
    expect(FakeSocket.all).toHaveLength(2)
    link.wake('network')
    expect(FakeSocket.all).toHaveLength(2)
  })

  it('waits as long as a draining server asks for', async () => {
    await startUp()
    FakeSocket.last.say({ t: 'drain', retryAfter: 2_000 })
    await vi.advanceTimersByTimeAsync(1_999)
    expect(FakeSocket.all).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(FakeSocket.all).toHaveLength(2)
  })

  it.each([
    [4409, 'replaced'],
    [4403, 'unlinked'],
  ])('stays closed after %i', async (code, why) => {
    const { log } = await startUp()
    FakeSocket.last.shut(code)
    expect(log.at(-1)).toBe(`shut ${why}`)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(FakeSocket.all).toHaveLength(1)
  })

  it('can be started again after it was replaced', async () => {
    const { link } = await startUp()
    FakeSocket.last.say({ t: 'error', code: 'replaced', detail: '' })
    link.start()
    await FakeSocket.last.welcome()
    expect(link.up).toBe(true)
  })
})

describe('the heart-beat', () => {
  it('compares notes at the welcome, and every 20 s', async () => {
    await startUp()
    expect(syncs()).toBe(1)
    await hold(40_000)
    expect(syncs()).toBe(3)
  })

  it('compares notes every 5 s during a call', async () => {
    const { link } = await startUp()
    link.inCall(true)
    await hold(20_000)
    expect(syncs()).toBe(5)
  })

  it('reconnects when the server does not answer within 5 s', async () => {
    const { log } = await startUp()
    await vi.advanceTimersByTimeAsync(4_999)
    expect(log.at(-1)).toBe('up')
    await vi.advanceTimersByTimeAsync(1)
    expect(log.slice(-2)).toContain('down')
  })

  it('gives a link two seconds to answer when the page comes back', async () => {
    const { link, log } = await startUp()
    FakeSocket.last.say({ t: 'synced', now: 1 })
    link.wake('page')
    await vi.advanceTimersByTimeAsync(1_999)
    expect(log).not.toContain('down')
    await vi.advanceTimersByTimeAsync(1)
    expect(log).toContain('down')
  })
})

function start() {
  const log: string[] = []
  const owner: LinkOwner = {
    prove: (nonce) =>
      Promise.resolve({ key: 'k', sig: `signed ${nonce}`, origin: 'o', tab: 't', label: 'l', hide: false }),
    versions: () => ({}),
    connecting: (attempt) => log.push(`connecting ${attempt}`),
    up: () => log.push('up'),
    down: () => log.push('down'),
    message: ({ t }) => log.push(t),
    shut: (why) => log.push(`shut ${why}`),
  }
  const link = new Link('https://host', owner)
  link.start()
  return { link, log }
}

async function startUp() {
  const started = start()
  await FakeSocket.last.welcome()
  return started
}

/** Lets time pass while the server answers every sync. */
async function hold(ms: number) {
  FakeSocket.last.onSend = (message) => {
    if (message.t === 'sync') FakeSocket.last.say({ t: 'synced', now: 1 })
  }
  FakeSocket.last.say({ t: 'synced', now: 1 })
  await vi.advanceTimersByTimeAsync(ms)
}

const syncs = () => FakeSocket.last.sent.filter(({ t }) => t === 'sync').length
