import { expect, it } from 'vitest'
import { fit } from './fit'

it('fills the screen when that cuts only the edges', () => {
  expect(fit({ width: 1280, height: 720 }, { width: 1280, height: 800 })).toBe('cover')
  expect(fit({ width: 640, height: 480 }, { width: 1280, height: 720 })).toBe('cover')
})

it('shows a picture whole when filling would cut a face', () => {
  expect(fit({ width: 1280, height: 720 }, { width: 360, height: 740 })).toBe('contain')
  expect(fit({ width: 720, height: 1280 }, { width: 1280, height: 800 })).toBe('contain')
})

it('fills while nothing is known of the picture', () => {
  expect(fit({ width: 0, height: 0 }, { width: 360, height: 740 })).toBe('cover')
})
