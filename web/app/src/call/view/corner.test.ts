import { expect, it } from 'vitest'
import { cornerByKey, nearestCorner } from './corner'

it('drops a picture into the corner nearest to where it was let go', () => {
  const box = { width: 400, height: 800 }
  expect(nearestCorner({ x: 10, y: 10 }, box)).toBe('top-left')
  expect(nearestCorner({ x: 390, y: 399 }, box)).toBe('top-right')
  expect(nearestCorner({ x: 199, y: 401 }, box)).toBe('bottom-left')
  expect(nearestCorner({ x: 201, y: 790 }, box)).toBe('bottom-right')
})

it('moves a picture by arrow keys along the edges', () => {
  expect(cornerByKey('top-right', 'ArrowLeft')).toBe('top-left')
  expect(cornerByKey('top-right', 'ArrowDown')).toBe('bottom-right')
  expect(cornerByKey('bottom-left', 'ArrowUp')).toBe('top-left')
  expect(cornerByKey('bottom-left', 'ArrowLeft')).toBe('bottom-left')
  expect(cornerByKey('bottom-left', 'Enter')).toBeNull()
})
