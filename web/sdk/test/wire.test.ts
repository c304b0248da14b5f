import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseAnswer, parseMessage, signalMessage } from '../src/wire'

interface Fixture {
  readonly name: string
  readonly direction: 'client' | 'server' | 'both'
  readonly valid?: readonly Readonly<Record<string, unknown>>[]
  readonly invalid?: readonly { readonly why: string; readonly message: unknown }[]
}

const folder = new URL('../../../fixtures/native/', import.meta.url)
const fixtures = readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Fixture)
const heard = fixtures.filter(({ direction }) => direction !== 'client')

describe('messages of the server', () => {
  it.each(heard.flatMap(({ name, valid = [] }) => valid.map((message, i) => [name, i, message] as const)))(
    'reads example %s %i',
    (_, __, message) => {
      expect(parseMessage(JSON.stringify(message))).toMatchObject({ t: message.t })
    },
  )

  it.each(heard.flatMap(({ name, invalid = [] }) => invalid.map(({ why, message }) => [name, why, message] as const)))(
    'passes over %s: %s',
    (_, __, message) => {
      expect(parseMessage(JSON.stringify(message))).toBeNull()
    },
  )

  it.each(['', 'hello', '[]', 'null', '{}', '{"t":5}', '{"t":"toString"}', '{"t":"__proto__"}', '{"t":"hello"'])(
    'passes over %j',
    (text) => {
      expect(parseMessage(text)).toBeNull()
    },
  )

  it('ignores fields it does not know', () => {
    expect(parseMessage('{"t":"synced","now":5,"later":true}')).toEqual({ t: 'synced', now: 5 })
  })
})

describe('signals', () => {
  const signals = fixtures.find(({ name }) => name === 'signal')?.valid ?? []

  it.each(signals)('come out of the wire and go back the same: %j', (message) => {
    const parsed = parseMessage(JSON.stringify(message))
    if (parsed?.t !== 'signal') throw new Error('not a signal')
    expect(JSON.parse(JSON.stringify(signalMessage(parsed.call, parsed.frame)))).toEqual(message)
  })
})

describe('answers', () => {
  const card = { id: 'p', number: '572400000', handle: null, name: 'Bob' }

  it('carry what the command asked for', () => {
    expect(parseAnswer('dial', { call: 'c' })).toBe('c')
    expect(parseAnswer('lookup', { card })).toEqual(card)
    expect(parseAnswer('invite', { code: 'k7q2', expires: 9 })).toEqual({ code: 'k7q2', expires: 9 })
    expect(parseAnswer('block', { blocked: [card] })).toEqual([card])
    expect(parseAnswer('link-claim', { person: 'p' })).toBe('p')
    expect(parseAnswer('hangup', {})).toBeNull()
  })

  it('throw when what was asked for is missing', () => {
    expect(() => parseAnswer('dial', {})).toThrow()
    expect(() => parseAnswer('lookup', { card: { id: 5 } })).toThrow()
  })
})
