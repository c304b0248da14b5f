import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { CommandBook } from '../src/commands'
import { MagpieError } from '../src/error'

beforeEach(() => vi.useFakeTimers({ now: 0 }))
afterEach(() => vi.useRealTimers())

describe('a command', () => {
  it('is numbered, and answered by its number', async () => {
    const { book, said } = open()
    const first = book.ask('lookup', { who: '@ann' })
    const second = book.ask('invite', {})
    expect(said).toEqual([
      { t: 'lookup', n: 1, who: '@ann' },
      { t: 'invite', n: 2 },
    ])
    book.settle(2, { code: 'c', expires: 5 })
    book.settle(1, { card: { id: 'p', number: null, handle: 'ann', name: null } })
    await expect(first.answer).resolves.toMatchObject({ handle: 'ann' })
    await expect(second.answer).resolves.toEqual({ code: 'c', expires: 5 })
  })

  it('is said again after 3 s, until it is answered', async () => {
    const { book, said } = open()
    const { answer } = book.ask('hangup', { call: 'c' })
    await vi.advanceTimersByTimeAsync(9_000)
    expect(said).toHaveLength(4)
    book.settle(1, {})
    await answer
    await vi.advanceTimersByTimeAsync(9_000)
    expect(said).toHaveLength(4)
  })

  it('is said again, in order, when the link is new', () => {
    const { book, said, link } = open()
    link.up = false
    void book.ask('dial', { call: 'c', to: '@ann', media: 'audio' })
    void book.ask('hangup', { call: 'c' })
    said.length = 0
    link.up = true
    book.repeatAll()
    expect(said.map(({ t }) => t)).toEqual(['dial', 'hangup'])
  })

  it('is given up after 20 s, unless it belongs to a call', async () => {
    const { book, said } = open()
    const lookup = book.ask('lookup', { who: '@ann' }).answer.catch((error: unknown) => error)
    void book.ask('hangup', { call: 'c' })
    await vi.advanceTimersByTimeAsync(20_000)
    expect(await lookup).toMatchObject({ code: 'connection' })
    said.length = 0
    await vi.advanceTimersByTimeAsync(60_000)
    expect(new Set(said.map(({ t }) => t))).toEqual(new Set(['hangup']))
  })

  it('rejects with the code of the server', async () => {
    const { book } = open()
    const { answer } = book.ask('profile', { handle: 'ann' })
    book.refuse(1, new MagpieError('handle-taken', 'ann'))
    await expect(answer).rejects.toMatchObject({ code: 'handle-taken', detail: 'ann' })
  })

  it('of a call that came too fast is said again when the server allows', async () => {
    const { book, said } = open()
    void book.ask('hangup', { call: 'c' })
    book.refuse(1, new MagpieError('rate', '', 1_500))
    await vi.advanceTimersByTimeAsync(1_499)
    expect(said).toHaveLength(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(said).toHaveLength(2)
  })

  it('can be taken back while the server cannot have heard it', async () => {
    const { book, said, link } = open()
    link.up = false
    const asked = book.ask('dial', { call: 'c', to: '@ann', media: 'audio' })
    const refused = expect(asked.answer).rejects.toMatchObject({ code: 'ended' })
    expect(asked.takeBack()).toBe(true)
    await refused
    said.length = 0
    link.up = true
    book.repeatAll()
    expect(said).toEqual([])
  })

  it('cannot be taken back once it was sent', () => {
    const { book } = open()
    expect(book.ask('dial', { call: 'c', to: '@ann', media: 'audio' }).takeBack()).toBe(false)
  })

  it('that is answered unreadably rejects, and harms nothing else', async () => {
    const { book } = open()
    const { answer } = book.ask('lookup', { who: '@ann' })
    book.settle(1, { card: 5 })
    await expect(answer).rejects.toMatchObject({ code: 'internal' })
  })

  it('answered twice counts once', () => {
    const { book } = open()
    void book.ask('hangup', { call: 'c' })
    book.settle(1, {})
    expect(() => book.settle(1, {})).not.toThrow()
  })
})

function open() {
  const said: { t: string }[] = []
  const link = { up: true }
  const book = new CommandBook((message) => {
    said.push(message as { t: string })
    return link.up
  })
  return { book, said, link }
}
