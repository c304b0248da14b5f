import type { Quality } from 'magpie-client/quality'
import { describe, expect, it } from 'vitest'
import { count, noSamples, verdict } from './tally'

describe('the verdict on a call', () => {
  it('is unknown for a call too short to judge', () => {
    expect(verdict(samples('good good'))).toBe('unknown')
  })

  it('is good when nearly all of it was', () => {
    expect(verdict(samples('good good good good good good good good fair'))).toBe('good')
  })

  it('is fair when it was often fair and hardly ever weak', () => {
    expect(verdict(samples('good fair fair good fair'))).toBe('fair')
  })

  it('names the side on which most of the weakness was', () => {
    expect(verdict(samples('good good weak:theirs weak:theirs weak:mine'))).toBe('weak-theirs')
    expect(verdict(samples('good good weak:mine weak:mine'))).toBe('weak-mine')
  })

  it('names no side when it does not know one', () => {
    expect(verdict(samples('good weak:unknown weak:unknown weak:mine'))).toBe('weak')
  })
})

function samples(words: string) {
  return words.split(' ').map(sample).reduce(count, noSamples)
}

function sample(word: string): Quality {
  const [level, side = 'unknown'] = word.split(':')
  return { level, side } as Quality
}
