/** Notices a person who talks into a muted microphone. */
export type Speech =
  { kind: 'silent' } | { kind: 'loud'; since: number; last: number } | { kind: 'noticed'; until: number }

export const silence: Speech = { kind: 'silent' }

/**
 * Takes one level of the muted microphone.
 * A knock or a cough is short; only sound that goes on for {@link TALKING_MS} counts, with gaps as between words.
 *
 * @param level 0 (nothing) to 1 (full scale)
 * @param now ms since 1970
 */
export function hear(speech: Speech, level: number, now: number): Speech {
  if (level < TALKING_LEVEL) return waited(speech, now)
  if (speech.kind === 'noticed') return { kind: 'noticed', until: now + NOTICE_MS }
  if (speech.kind === 'silent') return { kind: 'loud', since: now, last: now }
  return now - speech.since >= TALKING_MS ? { kind: 'noticed', until: now + NOTICE_MS } : { ...speech, last: now }
}

function waited(speech: Speech, now: number): Speech {
  if (speech.kind === 'noticed' && now >= speech.until) return silence
  if (speech.kind === 'loud' && now - speech.last >= GAP_MS) return silence
  return speech
}

/** On the scale of `meter`: about -36 dB, above a quiet room and below a quiet voice. */
const TALKING_LEVEL = 0.4
const TALKING_MS = 400
const GAP_MS = 300
/** How long the notice stays after the last word. */
const NOTICE_MS = 4000
