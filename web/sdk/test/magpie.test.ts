import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Magpie, needsAdapter, type MagpieOptions } from '../src/magpie'
import { FakeSocket, WELCOME } from './fake-socket'
import { FakeStream, view } from './views'

const fetched: { url: string; authorization: string | undefined }[] = []

beforeEach(() => {
  FakeSocket.all.length = 0
  fetched.length = 0
  vi.stubGlobal('indexedDB', new IDBFactory())
  vi.stubGlobal('isSecureContext', true)
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.stubGlobal('MediaStream', FakeStream)
  vi.stubGlobal('RTCPeerConnection', vi.fn())
  vi.stubGlobal('location', { origin: 'https://host:8443' })
  vi.stubGlobal('navigator', { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0.0.0 Safari/537.36' })
  vi.stubGlobal('window', new EventTarget())
  vi.stubGlobal('document', Object.assign(new EventTarget(), { visibilityState: 'visible' }))
  vi.stubGlobal('sessionStorage', { getItem: () => null, setItem: () => undefined })
  vi.stubGlobal('fetch', (url: string, { headers }: { headers: Record<string, string> }) => {
    fetched.push({ url, authorization: headers.Authorization })
    return Promise.resolve({ ok: true, json: () => Promise.resolve({ iceServers: [], ttl: 600 }) })
  })
})

const running: Magpie[] = []
afterEach(() => {
  for (const magpie of running.splice(0)) magpie.stop()
  vi.unstubAllGlobals()
})

describe('a session', () => {
  it('says who this device is, for this origin, and is online at the welcome', async () => {
    const { magpie, states } = await online()
    expect(FakeSocket.last.url).toBe('wss://host:8443/ws')
    expect(FakeSocket.last.sent[0]).toMatchObject({ t: 'auth', origin: 'https://host:8443', label: 'Chrome on Linux' })
    expect(states).toEqual(['connecting', 'online'])
    expect(magpie.session).toMatchObject({ kind: 'online', me: { number: '100000006' } })
  })

  it('keeps what it knows while the link is lost', async () => {
    const { magpie } = await online()
    FakeSocket.last.shut(1006)
    expect(magpie.session).toMatchObject({ kind: 'offline', me: { number: '100000006' } })
  })

  it('fetches ICE servers with the token of each welcome', async () => {
    await online()
    expect(fetched).toEqual([{ url: 'https://host:8443/api/ice-servers', authorization: 'Bearer token' }])
  })

  it('has the server hide its address, and tells of a change over a new link', async () => {
    const { magpie } = await online({}, { hideAddress: true })
    expect(FakeSocket.last.sent[0]).toMatchObject({ t: 'auth', hide: true })
    magpie.hideAddress = true
    expect(FakeSocket.all).toHaveLength(1)
    magpie.hideAddress = false
    await authenticated()
    expect(FakeSocket.all).toHaveLength(2)
    expect(FakeSocket.last.sent[0]).toMatchObject({ t: 'auth', hide: false })
    FakeSocket.last.say(WELCOME)
    expect(magpie.session.kind).toBe('online')
  })

  it('says what keeps it from starting', async () => {
    vi.stubGlobal('isSecureContext', false)
    const magpie = make()
    await magpie.start()
    expect(magpie.session).toMatchObject({ kind: 'failed', code: 'insecure' })
    vi.stubGlobal('RTCPeerConnection', undefined)
    await magpie.start()
    expect(magpie.session).toMatchObject({ kind: 'failed', code: 'unsupported' })
    expect(needsAdapter()).toBe(true)
  })

  it('is replaced by another page, and takes its place back', async () => {
    const { magpie } = await online()
    FakeSocket.last.say({ t: 'error', code: 'replaced', detail: '' })
    expect(magpie.session).toEqual({ kind: 'replaced' })
    magpie.takeOver()
    await authenticated()
    FakeSocket.last.say(WELCOME)
    expect(magpie.session.kind).toBe('online')
  })

  it('starts over with another key once this device is unlinked', async () => {
    const { magpie } = await online()
    const before = FakeSocket.last.sent[0]
    FakeSocket.last.say({ t: 'unlinked' })
    await vi.waitFor(() => expect(FakeSocket.all).toHaveLength(2))
    await authenticated()
    expect(FakeSocket.last.sent[0]?.key).not.toBe(before?.key)
    expect(magpie.session.kind).toBe('connecting')
  })
})

describe('people', () => {
  it('are looked up by number or handle', async () => {
    const { magpie } = await online()
    const card = { id: 'bob', number: '572400000', handle: 'bob', name: null }
    const found = magpie.lookup('@bob')
    answer({ card })
    await expect(found).resolves.toEqual(card)
  })

  it('become contacts, and their presence is kept', async () => {
    const { magpie } = await online()
    const contact = { id: 'bob', number: null, handle: 'bob', name: 'Bob', online: false }
    const added = magpie.addContact('bob', 'Bob')
    answer({ contacts: [contact] })
    await added
    FakeSocket.last.say({ t: 'presence', id: 'bob', online: true })
    expect(magpie.session).toMatchObject({ contacts: [{ id: 'bob', online: true }] })
  })

  it('who called in vain are listed until they are seen', async () => {
    const { magpie } = await online()
    const from = { id: 'bob', number: null, handle: 'bob', name: null }
    for (const at of [5, 9]) FakeSocket.last.say({ t: 'missed', missed: { call: `c${at}`, from, at, media: 'audio' } })
    const seen = magpie.missedSeen(5)
    answer({})
    await seen
    expect(magpie.session).toMatchObject({ missed: [{ call: 'c9' }] })
  })

  it('who called in vain are seen when another device of mine saw them', async () => {
    const { magpie } = await online()
    const from = { id: 'bob', number: null, handle: 'bob', name: null }
    for (const at of [5, 9]) FakeSocket.last.say({ t: 'missed', missed: { call: `c${at}`, from, at, media: 'audio' } })
    FakeSocket.last.say({ t: 'missed-cleared', upTo: 5 })
    expect(magpie.session).toMatchObject({ missed: [{ call: 'c9' }] })
  })

  it('are blocked when another device of mine blocks them', async () => {
    const { magpie } = await online()
    const bob = { id: 'bob', number: null, handle: 'bob', name: null }
    FakeSocket.last.say({ t: 'blocked', blocked: [bob] })
    expect(magpie.session).toMatchObject({ blocked: [bob] })
    FakeSocket.last.say({ t: 'blocked', blocked: [] })
    expect(magpie.session).toMatchObject({ blocked: [] })
  })

  it('are invited by a link to this server', async () => {
    const { magpie } = await online()
    const invite = magpie.createInvite()
    answer({ code: 'k7q2', expires: 5 })
    await expect(invite).resolves.toEqual({ code: 'k7q2', expires: 5, url: 'https://host:8443/call/i-k7q2' })
  })

  it('link another device by a code, which asks', async () => {
    const { magpie } = await online()
    const requests: unknown[] = []
    magpie.on('link-request', (request) => requests.push(request))
    const offer = magpie.offerLink()
    answer({ code: 'k7q2m9xw', expires: 5 })
    expect((await offer).url).toBe('https://host:8443/#link=k7q2m9xw')
    FakeSocket.last.say({ t: 'link-request', device: 'd', label: 'Safari on iPhone' })
    expect(requests).toEqual([{ device: 'd', label: 'Safari on iPhone' }])
    const approved = magpie.approveLink('d')
    await vi.waitFor(() => expect(FakeSocket.last.sent.at(-1)).toMatchObject({ t: 'link-approve', device: 'd' }))
    answer({ me: WELCOME.me })
    await approved
  })

  it('reject with the code of the server', async () => {
    const { magpie } = await online()
    const change = magpie.setProfile({ handle: 'ann' })
    FakeSocket.last.say({ t: 'error', n: 1, code: 'handle-taken', detail: 'ann' })
    await expect(change).rejects.toMatchObject({ code: 'handle-taken' })
  })
})

describe('calls', () => {
  it('are told once, as incoming', async () => {
    const { magpie } = await online()
    const told: string[] = []
    magpie.on('call', (call) => told.push(`call ${call?.state.kind ?? 'none'}`))
    magpie.on('incoming', () => told.push('incoming'))
    FakeSocket.last.say({ t: 'call', call: view({}) })
    FakeSocket.last.say({ t: 'call', call: view({}) })
    expect(told).toEqual(['call incoming', 'incoming'])
    magpie.call?.decline()
    expect(told.at(-1)).toBe('call none')
  })

  it('that began before the link was lost are said again after it', async () => {
    const { magpie } = await online()
    const call = magpie.dial('@bob', { stream: null, media: 'audio' })
    FakeSocket.last.shut(1006)
    await vi.waitFor(() => expect(FakeSocket.all).toHaveLength(2))
    await authenticated()
    FakeSocket.last.say(WELCOME)
    expect(FakeSocket.last.sent).toContainEqual({ t: 'dial', n: 1, call: call.id, to: '@bob', media: 'audio' })
  })

  it('known to the server are in the welcome', async () => {
    const { magpie } = await online({ calls: [view({ state: 'active', answeredAt: 0, peerHere: true })] })
    expect(magpie.call?.state.kind).toBe('rejoining')
  })
})

function make(options: MagpieOptions = {}): Magpie {
  const magpie = new Magpie(options)
  running.push(magpie)
  return magpie
}

async function online(more: object = {}, options: MagpieOptions = {}) {
  const magpie = make(options)
  const states: string[] = []
  magpie.on('session', ({ kind }) => states.push(kind))
  await magpie.start()
  await authenticated()
  FakeSocket.last.say({ ...WELCOME, ...more })
  return { magpie, states }
}

/** The server has asked and the page has proved itself. */
async function authenticated() {
  const socket = FakeSocket.last
  await socket.hello('nonce')
  await vi.waitFor(() => expect(socket.sent.some(({ t }) => t === 'auth')).toBe(true))
}

/** The server answers the latest command. */
function answer(body: object): void {
  const command = FakeSocket.last.sent.filter(({ n }) => n !== undefined).at(-1)
  FakeSocket.last.say({ t: 'ok', n: command?.n, ...body })
}
