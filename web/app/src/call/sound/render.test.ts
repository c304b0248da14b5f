import { describe, expect, it } from 'vitest'
import { patterns, type SoundName } from './patterns'
import { render } from './render'

const RATE = 8000

describe('the sounds of the telephone', () => {
  it.each(Object.keys(patterns) as SoundName[])(
    '%s is heard, is not clipped, and begins and ends in silence',
    (name) => {
      const samples = render(patterns[name], RATE)
      expect(samples.length).toBe(Math.ceil(patterns[name].round * RATE))
      const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0)
      expect(peak).toBeGreaterThan(0.1)
      expect(peak).toBeLessThan(1)
      expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.01)
      expect(Math.abs(samples.at(-1) ?? 1)).toBeLessThan(0.01)
    },
  )

  it('ring with a rest between the rounds', () => {
    const rest = render(patterns.ringtone, RATE).slice(3 * RATE)
    expect(rest.every((sample) => sample === 0)).toBe(true)
  })

  it('ring back one second in five', () => {
    const samples = render(patterns.ringback, RATE)
    expect(samples.slice(RATE).every((sample) => sample === 0)).toBe(true)
    expect(samples.slice(0, RATE).some((sample) => Math.abs(sample) > 0.2)).toBe(true)
  })
})
