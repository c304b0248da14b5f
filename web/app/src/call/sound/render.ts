import type { Note, Pattern } from './patterns'

/**
 * Computes one round of a pattern as samples, -1 to 1.
 * A whole round in one buffer loops sample-exact by itself, with no timer that a background tab would slow down.
 */
export function render(pattern: Pattern, sampleRate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.ceil(pattern.round * sampleRate))
  for (const note of pattern.notes) add(samples, note, sampleRate)
  return samples.map((sample) => Math.max(-1, Math.min(1, sample)))
}

function add(samples: Float32Array, note: Note, sampleRate: number): void {
  const first = Math.round(note.at * sampleRate)
  const end = Math.min(samples.length, Math.round((note.at + note.lasts) * sampleRate))
  for (let index = first; index < end; index++) {
    const time = (index - first) / sampleRate
    samples[index] = (samples[index] ?? 0) + note.gain * envelope(note, time) * wave(note, time)
  }
}

/** Both ends are soft: a square start or stop clicks. */
function envelope(note: Note, time: number): number {
  const rise = Math.min(1, time / RISE)
  const fall = Math.min(1, (note.lasts - time) / RISE)
  return rise * fall * (note.voice === 'bell' ? Math.exp(-time * DECAY) : 1)
}

function wave(note: Note, time: number): number {
  const sum = note.hz.reduce((total, hz) => total + partials(note.voice, 2 * Math.PI * hz * time), 0)
  return sum / note.hz.length
}

function partials(voice: Note['voice'], phase: number): number {
  if (voice === 'tone') return Math.sin(phase)
  return 0.8 * Math.sin(phase) + 0.16 * Math.sin(2 * phase) + 0.04 * Math.sin(4 * phase)
}

const RISE = 0.008
const DECAY = 6
