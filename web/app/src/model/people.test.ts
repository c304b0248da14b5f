import { describe, expect, test } from 'vitest'
import { isMeantBy } from './people'

const card = { id: 'iballfvbvofsrbzoaqjgky2wgm', number: '978774822', handle: 'lin', name: 'Lin' }

describe('what is dialled', () => {
  test.each([card.id, '978774822', 'lin', '@lin'])('%s means the person', (to) => {
    expect(isMeantBy(to, card)).toBe(true)
  })

  test.each(['674044822', 'Lin Wei', 'i-abcdefgh', ''])('%s means somebody else', (to) => {
    expect(isMeantBy(to, card)).toBe(false)
  })

  test('a person without a handle is not meant by an empty one', () => {
    expect(isMeantBy('@', { ...card, handle: null, number: null })).toBe(false)
  })
})
