import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { IceServers } from '../src/ice'

const TURN = { urls: ['turn:127.0.0.1:3478?transport=udp'], username: 'u', credential: 'c' }
let answers: (() => Promise<unknown>)[]
let asked: string[]

beforeEach(() => {
  vi.useFakeTimers({ now: 0 })
  answers = []
  asked = []
  vi.stubGlobal('fetch', (_: string, { headers }: { headers: Record<string, string> }) => {
    asked.push(headers.Authorization ?? 'nobody')
    return (answers.shift() ?? good)()
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

it('a configuration is at hand after the welcome', async () => {
  const ice = open()
  await vi.advanceTimersByTimeAsync(0)
  expect(await ice.configuration('all')).toEqual({
    iceServers: [TURN],
    iceTransportPolicy: 'all',
    bundlePolicy: 'max-bundle',
  })
  expect(asked).toEqual(['Bearer one'])
})

it('credentials are fetched again before they end', async () => {
  open()
  await vi.advanceTimersByTimeAsync(600_000)
  expect(asked).toHaveLength(2)
})

it('a new welcome brings new credentials, which a restart waits for', async () => {
  const ice = open()
  await vi.advanceTimersByTimeAsync(0)
  answers.push(() => later(1_000, { iceServers: [{ ...TURN, username: 'fresh' }], ttl: 600 }))
  ice.renew('two')
  const configuration = ice.configuration('relay')
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await configuration).toMatchObject({ iceServers: [{ username: 'fresh' }], iceTransportPolicy: 'relay' })
  expect(asked).toEqual(['Bearer one', 'Bearer two'])
})

it('a server that does not answer costs two seconds, not the call', async () => {
  answers.push(() => new Promise(() => undefined))
  const ice = open()
  const configuration = ice.configuration('all')
  await vi.advanceTimersByTimeAsync(2_000)
  expect(await configuration).toMatchObject({ iceServers: [] })
})

it('a failed fetch keeps what is at hand and is tried again', async () => {
  const ice = open()
  await vi.advanceTimersByTimeAsync(0)
  answers.push(() => Promise.reject(new TypeError('offline')))
  ice.renew('two')
  await vi.advanceTimersByTimeAsync(0)
  expect(await ice.configuration('all')).toMatchObject({ iceServers: [TURN] })
  await vi.advanceTimersByTimeAsync(600_000)
  expect(asked.length).toBeGreaterThan(2)
})

it('the server may insist on relaying', async () => {
  answers.push(() => later(0, { iceServers: [], iceTransportPolicy: 'relay', ttl: 600 }))
  const ice = open()
  await vi.advanceTimersByTimeAsync(0)
  expect(await ice.configuration('all')).toMatchObject({ iceTransportPolicy: 'relay' })
})

it('an answer that is not ours is passed over', async () => {
  answers.push(() => later(0, { iceServers: 'none' }))
  const ice = open()
  await vi.advanceTimersByTimeAsync(0)
  answers.push(() => later(0, {}))
  expect(await ice.configuration('all')).toMatchObject({ iceServers: [] })
})

function open(): IceServers {
  const ice = new IceServers('https://host')
  ice.renew('one')
  return ice
}

const good = () => later(0, { iceServers: [TURN], iceTransportPolicy: 'all', ttl: 600, expires: 1 })

function later(ms: number, body: unknown): Promise<unknown> {
  const answer = { ok: true, json: () => Promise.resolve(body) }
  return ms === 0 ? Promise.resolve(answer) : new Promise((resolve) => setTimeout(() => resolve(answer), ms))
}
