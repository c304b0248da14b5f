import { describe, expect, it } from 'vitest'
import { lin, me, recents } from '../gallery/fixtures'
import { readMe, writeMe } from './me'
import { DEFAULT_PREFERENCES, readPreferences, writePreferences } from './preferences'
import { addRecent, readRecents, writeRecents, type Recent } from './recents'

/** A storage that holds one thing, or refuses as a private window does. */
function storage(held: string | null = null, refuses = false) {
  return {
    held,
    getItem: () => (refuses ? refuse() : held),
    setItem(_key: string, value: string) {
      if (refuses) refuse()
      this.held = value
    },
  }
}

function refuse(): never {
  throw new DOMException('refused', 'SecurityError')
}

describe('what this browser keeps', () => {
  it('comes back as it was', () => {
    const store = storage()
    writePreferences(store, { ...DEFAULT_PREFERENCES, ringtone: true, theme: 'dark' })
    expect(readPreferences(storage(store.held))).toEqual({ ...DEFAULT_PREFERENCES, ringtone: true, theme: 'dark' })
    writeRecents(store, 'me', recents)
    expect(readRecents(storage(store.held), 'me')).toEqual(recents)
    writeMe(store, me)
    expect(readMe(storage(store.held))).toEqual({ ...me, devices: [] })
  })

  it.each(['', '{', 'null', '7', '[]', '{"theme":"pink","language":7,"camera":""}'])(
    'does no harm when damaged: %s',
    (held) => {
      expect(readPreferences(storage(held))).toEqual(DEFAULT_PREFERENCES)
      expect(readRecents(storage(held), 'me')).toEqual([])
      expect(readMe(storage(held))).toBeNull()
    },
  )

  it('loses only the lines of the list that are damaged', () => {
    const broken = { ...recents[0], peer: { ...lin, id: 7 } }
    expect(readRecents(storage(JSON.stringify([broken, recents[1]])), 'me')).toEqual([recents[1]])
  })

  it('is not missed where the browser refuses storage', () => {
    const refusing = storage(null, true)
    writePreferences(refusing, DEFAULT_PREFERENCES)
    writeRecents(refusing, 'me', recents)
    writeMe(refusing, me)
    expect(readPreferences(refusing)).toEqual(DEFAULT_PREFERENCES)
    expect(readRecents(refusing, 'me')).toEqual([])
    expect(readMe(refusing)).toBeNull()
  })

  it('lists at most a hundred calls', () => {
    const call = (n: number): Recent => ({
      call: String(n),
      peer: lin,
      at: n,
      media: 'audio',
      way: 'incoming',
      durationMs: 0,
    })
    const list = Array.from({ length: 150 }, (_, n) => call(n)).reduce<Recent[]>(addRecent, [])
    expect(list).toHaveLength(100)
    expect(list[0]?.at).toBe(149)
  })
})
