import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Call } from '../src/call'
import { MagpieError } from '../src/error'
import { Switchboard } from '../src/switchboard'
import { FakeStream, view } from './views'

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  vi.stubGlobal('MediaStream', FakeStream)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const LISTEN = { stream: null, media: 'audio' } as const

describe('dialling', () => {
  it('asks for the call under an id of its own, and follows the views of it', () => {
    const { board, asked } = start()
    const call = board.dial('@bob', LISTEN)
    expect(asked).toEqual([['dial', { call: call.id, to: '@bob', media: 'audio' }]])
    expect(call.state).toEqual({ kind: 'dialing' })
    board.viewed(view({ id: call.id, role: 'caller', alerting: true }))
    expect(call.state).toEqual({ kind: 'ringing', alerting: true })
    expect(call.peer.id).toBe('bob')
  })

  it('ends with the reason of the server', async () => {
    const { board, refuse, current } = start()
    const call = board.dial('@nobody', LISTEN)
    await refuse('unknown-person')
    expect(call.state).toMatchObject({ kind: 'ended', reason: 'unknown-person' })
    expect(current).toEqual([call, null])
  })

  it('ends as failed for a reason this version does not know', async () => {
    const { board, refuse } = start()
    const call = board.dial('@bob', LISTEN)
    await refuse('full-moon')
    expect(call.state).toMatchObject({ reason: 'failed' })
  })

  it('is busy here while this page is in a call', () => {
    const { board, asked } = start()
    const first = board.dial('@bob', LISTEN)
    const second = board.dial('@ann', LISTEN)
    expect(second.state).toMatchObject({ kind: 'ended', reason: 'busy-here' })
    expect(board.current).toBe(first)
    expect(asked).toHaveLength(1)
  })

  it('that was hung up before the server could hear of it is never spoken of', () => {
    const { board, asked, link } = start()
    link.up = false
    board.dial('@bob', LISTEN).hangUp()
    expect(asked.map(([name]) => name)).toEqual(['dial'])
  })

  it('that was hung up is cancelled at the server, and stays ended whatever views follow', () => {
    const { board, asked } = start()
    const call = board.dial('@bob', LISTEN)
    call.hangUp()
    expect(asked.at(-1)).toEqual(['hangup', { call: call.id }])
    board.viewed(view({ id: call.id, role: 'caller', v: 2 }))
    board.viewed(view({ id: call.id, role: 'caller', v: 3, state: 'active', peerHere: true }))
    expect(board.current).toBeNull()
    expect(call.state).toMatchObject({ reason: 'cancelled' })
  })
})

describe('glare', () => {
  it('goes on in the call the other person made, as callee, under the id the page knows', async () => {
    const { board, settle, current } = start()
    const call = board.dial('@bob', LISTEN)
    const { id } = call
    board.viewed(view({ id: 'theirs', v: 2, state: 'active', peerHere: true }))
    expect(current).toEqual([call])
    await settle('theirs')
    expect(call.role).toBe('callee')
    expect(call.state).toEqual({ kind: 'connecting' })
    expect(call.id).toBe(id)
    call.hangUp()
    expect(current).toEqual([call, null])
  })

  it('hangs the merged call up when the person has given up meanwhile', async () => {
    const { board, settle, asked } = start()
    board.dial('@bob', LISTEN).hangUp()
    await settle('theirs')
    expect(asked.at(-1)).toEqual(['hangup', { call: 'theirs' }])
    board.viewed(view({ id: 'theirs', v: 2, state: 'active' }))
    expect(board.current).toBeNull()
  })
})

describe('a call from outside', () => {
  it('shows, and can be accepted', () => {
    const { board, asked } = start()
    board.viewed(view({}))
    const call = taken(board)
    expect(call.state).toEqual({ kind: 'incoming' })
    call.accept({ stream: null, media: 'video' })
    expect(call.state).toEqual({ kind: 'accepting' })
    expect(asked).toEqual([['accept', { call: 'call', media: 'video' }]])
    board.viewed(view({ v: 2, state: 'active', peerHere: true }))
    expect(call.state).toEqual({ kind: 'connecting' })
  })

  it('can be declined with words', () => {
    const { board, asked } = start()
    board.viewed(view({}))
    taken(board).decline('Back at six')
    expect(asked).toEqual([['decline', { call: 'call', reason: 'Back at six' }]])
    expect(board.current).toBeNull()
  })

  it('goes away when another device answers', () => {
    const { board } = start()
    board.viewed(view({}))
    const call = taken(board)
    board.viewed(view({ v: 2, state: 'ended', reason: 'answered-elsewhere' }))
    expect(call.state).toMatchObject({ reason: 'answered-elsewhere' })
  })

  it('ends when the accept came too late', async () => {
    const { board, refuse } = start()
    board.viewed(view({}))
    const call = taken(board)
    call.accept(LISTEN)
    await refuse('gone')
    expect(call.state).toMatchObject({ reason: 'gone' })
  })

  it('counts by its highest version, whatever order views come in', () => {
    const { board } = start()
    board.viewed(view({ v: 5, state: 'ended', reason: 'cancelled' }))
    board.viewed(view({ v: 4 }))
    expect(board.current).toBeNull()
  })

  it('waits while this page dials, and shows when that has come to nothing', async () => {
    const { board, refuse } = start()
    board.dial('@ann', LISTEN)
    board.viewed(view({ id: 'incoming' }))
    expect(board.current?.state.kind).toBe('dialing')
    await refuse('busy-here')
    expect(taken(board).state).toEqual({ kind: 'incoming' })
  })
})

describe('a page that was loaded anew', () => {
  it('finds its call and rejoins it, with the time it has lasted', () => {
    const { board } = start()
    board.viewed(view({ role: 'caller', state: 'active', answeredAt: 940_000, peerHere: true }))
    const call = taken(board)
    expect(call.state).toEqual({ kind: 'rejoining' })
    call.rejoin(LISTEN)
    expect(call.state).toEqual({ kind: 'reconnecting', since: 940_000, cause: 'media' })
    call.hangUp()
    expect(call.state).toMatchObject({ durationMs: 60_000 })
  })

  it('knows that it rejoins without a link', () => {
    const { board, link } = start()
    board.viewed(view({ state: 'active', answeredAt: 940_000, peerHere: true }))
    link.up = false
    const call = taken(board)
    call.rejoin(LISTEN)
    expect(call.state).toMatchObject({ kind: 'reconnecting', cause: 'signalling' })
  })
})

describe('signals', () => {
  it('start with what is being sent, once the call is active', () => {
    const { board, sent } = start()
    const call = board.dial('@bob', LISTEN)
    board.viewed(view({ id: call.id, role: 'caller' }))
    expect(sent).toEqual([])
    board.viewed(view({ id: call.id, role: 'caller', v: 2, state: 'active', peerHere: true }))
    expect(sent).toMatchObject([
      { t: 'signal', call: call.id, s: 1, ae: 0, d: { state: { audio: false, video: false } } },
    ])
  })

  it('tell what the other side sends, and of its goodbye', () => {
    const { board } = start()
    const call = active(board)
    const told: unknown[] = []
    call.on('peer-media', (media) => told.push(media))
    const state = { audio: true, video: false, screen: true }
    board.signalled('call', { e: 7, ae: 0, as: 0, item: { s: 1, d: { state } } })
    expect(told).toEqual([state])
    board.signalled('call', { e: 7, ae: 0, as: 0, item: { s: 2, d: { bye: true } } })
    expect(call.state).toMatchObject({ kind: 'ended', reason: 'hangup' })
  })

  it('are said again when the link is back', () => {
    const { board, sent } = start()
    active(board)
    board.linked(false)
    sent.length = 0
    board.linked(true)
    expect(sent).toMatchObject([{ s: 1 }])
  })

  it('of a call this page is not in are passed over', () => {
    const { board } = start()
    expect(() => board.signalled('other', { e: 7, ae: 0, as: 0, item: null })).not.toThrow()
  })
})

it('a call that finds no path for media within 45 s is unreachable', async () => {
  const { board } = start()
  const call = active(board)
  await vi.advanceTimersByTimeAsync(45_000)
  expect(call.state).toMatchObject({ kind: 'ended', reason: 'unreachable' })
})

it('versions name live calls only', () => {
  const { board } = start()
  board.viewed(view({ v: 3 }))
  board.viewed(view({ id: 'old', v: 9, state: 'ended', reason: 'busy' }))
  expect(board.versions()).toEqual({ call: 3 })
  board.current?.decline()
  expect(board.versions()).toEqual({})
})

function active(board: Switchboard): Call {
  board.viewed(view({}))
  const call = taken(board)
  call.accept(LISTEN)
  board.viewed(view({ v: 2, state: 'active', peerHere: true }))
  return call
}

function taken(board: Switchboard): Call {
  if (board.current === null) throw new Error('no call')
  return board.current
}

/** A switchboard whose server is the test; connections are never made. */
function start() {
  const asked: [string, object][] = []
  const sent: object[] = []
  const current: (Call | null)[] = []
  const link = { up: true }
  const answers: { resolve: (value: never) => void; reject: (error: MagpieError) => void }[] = []
  const flush = () => vi.advanceTimersByTimeAsync(0)
  const board = new Switchboard({
    get linkUp() {
      return link.up
    },
    ask: (command, fields) => {
      asked.push([command, fields])
      const wasUp = link.up
      const answer = new Promise<never>((resolve, reject) => answers.push({ resolve, reject }))
      return { answer, takeBack: () => !wasUp }
    },
    send: (message) => sent.push(message),
    configuration: () => new Promise(() => undefined),
    suspect: () => undefined,
    localTime: (time) => time,
    changed: (call) => current.push(call),
  })
  const settle = (value: unknown) => {
    answers[0]?.resolve(value as never)
    return flush()
  }
  const refuse = (code: string) => {
    answers.at(-1)?.reject(new MagpieError(code))
    return flush()
  }
  return { board, asked, sent, current, link, settle, refuse }
}
