import type { Quality } from 'magpie-client/quality'

/** How the connection was over the whole call: samples by level, and whose side the weak ones were on. */
export interface Tally {
  good: number
  fair: number
  weak: number
  weakMine: number
  weakTheirs: number
}

export const noSamples: Tally = { good: 0, fair: 0, weak: 0, weakMine: 0, weakTheirs: 0 }

/** Adds one sample. */
export function count(tally: Tally, quality: Quality): Tally {
  const weak = quality.level === 'weak'
  return {
    ...tally,
    [quality.level]: tally[quality.level] + 1,
    weakMine: tally.weakMine + (weak && quality.side === 'mine' ? 1 : 0),
    weakTheirs: tally.weakTheirs + (weak && quality.side === 'theirs' ? 1 : 0),
  }
}

export type Verdict = 'unknown' | 'good' | 'fair' | 'weak-mine' | 'weak-theirs' | 'weak'

/** One word for a call that is over. A tenth of it weak is what people remember as a bad call. */
export function verdict(tally: Tally): Verdict {
  const all = tally.good + tally.fair + tally.weak
  if (all < FEWEST_SAMPLES) return 'unknown'
  if (tally.weak * 10 < all) return tally.good * 10 >= all * 7 ? 'good' : 'fair'
  if (tally.weakMine * 2 > tally.weak) return 'weak-mine'
  if (tally.weakTheirs * 2 > tally.weak) return 'weak-theirs'
  return 'weak'
}

const FEWEST_SAMPLES = 3
