import { patterns, type SoundName } from './patterns'
import { render } from './render'

/** Whether this tab may sound: browsers keep a tab silent until the person has touched it. */
export type Voice = 'silent' | 'ready' | 'unsupported'

/** Plays the sounds of the telephone, one at a time. */
export class Player {
  #context: AudioContext | null = null
  #stop: (() => void) | null = null
  readonly #buffers = new Map<SoundName, AudioBuffer>()
  readonly #listeners = new Set<() => void>()

  get voice(): Voice {
    if (typeof AudioContext === 'undefined') return 'unsupported'
    return this.#context?.state === 'running' ? 'ready' : 'silent'
  }

  /**
   * Asks the browser for the right to sound. Only a call from a click or a key succeeds; later ones need none.
   *
   * @returns whether the tab may sound
   */
  async arm(): Promise<boolean> {
    if (this.voice === 'unsupported') return false
    const context = this.#opened()
    if (context.state !== 'running') await Promise.race([context.resume(), waited(RESUME_MS)])
    return context.state === 'running'
  }

  /**
   * Starts a sound in place of the one that plays.
   * In a tab that may not sound yet it begins as soon as the tab may, unless stopped before.
   *
   * @returns stops it; harmless when it is over already
   */
  play(name: SoundName): () => void {
    this.#stop?.()
    if (this.voice === 'unsupported') return () => undefined
    const stop = this.#start(this.#opened(), name)
    this.#stop = stop
    return () => {
      if (this.#stop === stop) this.#stop = null
      stop()
    }
  }

  /** Calls back whenever {@link voice} may have changed. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #opened(): AudioContext {
    if (this.#context) return this.#context
    const context = new AudioContext({ latencyHint: 'interactive' })
    context.addEventListener('statechange', () => this.#listeners.forEach((listener) => listener()))
    this.#context = context
    return context
  }

  #start(context: AudioContext, name: SoundName): () => void {
    const gain = context.createGain()
    gain.connect(context.destination)
    const source = context.createBufferSource()
    source.buffer = this.#buffer(context, name)
    source.loop = patterns[name].loops
    source.connect(gain)
    source.onended = () => gain.disconnect()
    source.start()
    return () => {
      gain.gain.setTargetAtTime(0, context.currentTime, FADE_S)
      source.stop(context.currentTime + 5 * FADE_S)
    }
  }

  #buffer(context: AudioContext, name: SoundName): AudioBuffer {
    const known = this.#buffers.get(name)
    if (known) return known
    const samples = render(patterns[name], context.sampleRate)
    const buffer = context.createBuffer(1, samples.length, context.sampleRate)
    buffer.copyToChannel(samples, 0)
    this.#buffers.set(name, buffer)
    return buffer
  }
}

/** The page's one player. */
export const player = new Player()

function waited(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

/** `resume()` without a gesture stays pending for ever; this is how long we wait for it. */
const RESUME_MS = 500
/** Time constant of the fade-out; five of them are silence. */
const FADE_S = 0.004
