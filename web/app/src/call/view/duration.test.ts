import { expect, it } from 'vitest'
import { clock, isoDuration } from './duration'

it.each([
  [-5, '0:00'],
  [999, '0:00'],
  [65_000, '1:05'],
  [600_000, '10:00'],
  [3_729_000, '1:02:09'],
])('shows %d ms as %s', (ms, shown) => {
  expect(clock(ms)).toBe(shown)
})

it('writes a duration for machines', () => {
  expect(isoDuration(65_400)).toBe('PT65S')
})
