/** One note of a call sound. Times are in seconds from the start of the pattern. */
export interface Note {
  at: number
  lasts: number
  /** Frequencies sounded together, in Hz. */
  hz: readonly number[]
  /** `bell` falls away like a struck bar; `tone` is steady, as on a telephone line. */
  voice: 'bell' | 'tone'
  /** 0 to 1. */
  gain: number
}

/** A sound of the telephone: its notes, how long one round takes (s), and whether it goes round. */
export interface Pattern {
  notes: readonly Note[]
  round: number
  loops: boolean
}

export type SoundName = 'ringtone' | 'ringback' | 'busy' | 'hang-up' | 'armed'

const E5 = 659.26
const B5 = 987.77
const CS6 = 1108.73
const E6 = 1318.51
const FS6 = 1479.98

/** Two calls and an answer, rising and coming home: a bird on a bridge. Then a rest, so that one can think. */
const ringtone: Pattern = {
  notes: [...phrase(0, [E5, B5, E6]), ...phrase(0.66, [E5, B5, FS6]), ...phrase(1.32, [CS6, B5, E5])],
  round: 3.6,
  loops: true,
}

/** The cadence Chinese networks use: one second on, four off, 450 Hz. */
const ringback: Pattern = { notes: [tone(0, 1, 0.22)], round: 5, loops: true }

const busy: Pattern = {
  notes: [tone(0, 0.35, 0.22), tone(0.7, 0.35, 0.22), tone(1.4, 0.35, 0.22)],
  round: 2.1,
  loops: false,
}

const hangUp: Pattern = { notes: [bell(0, B5, 0.3), bell(0.13, E5, 0.3)], round: 0.7, loops: false }

/** Played once when the ringtone is switched on, so that the person hears what will ring. */
const armed: Pattern = { notes: phrase(0, [E5, B5, E6]), round: 1.2, loops: false }

export const patterns: Readonly<Record<SoundName, Pattern>> = { ringtone, ringback, busy, 'hang-up': hangUp, armed }

function phrase(at: number, notes: readonly number[]): Note[] {
  return notes.map((hz, index) => bell(at + index * 0.16, hz, 0.42))
}

function bell(at: number, hz: number, gain: number): Note {
  return { at, lasts: 0.55, hz: [hz], voice: 'bell', gain }
}

function tone(at: number, lasts: number, gain: number): Note {
  return { at, lasts, hz: [450], voice: 'tone', gain }
}
