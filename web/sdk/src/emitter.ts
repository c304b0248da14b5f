type Listener<T> = (value: T) => void

/** Typed events. A listener that throws does not keep the others from hearing. */
export class Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener<never>>>()

  /**
   * Calls `listener` at each such event.
   *
   * @returns a function that stops it
   */
  on<E extends keyof Events>(event: E, listener: Listener<Events[E]>): () => void {
    const set = this.#listeners.get(event) ?? new Set()
    this.#listeners.set(event, set)
    // A wrapper of its own per call: the same function may be registered twice and removed once.
    const entry: Listener<Events[E]> = (value) => listener(value)
    set.add(entry)
    return () => void set.delete(entry)
  }

  /** Tells every listener, in order of registration. */
  protected emit<E extends keyof Events>(event: E, value: Events[E]): void {
    const set = this.#listeners.get(event) as Set<Listener<Events[E]>> | undefined
    for (const listener of [...(set ?? [])]) {
      try {
        listener(value)
      } catch (error) {
        // Reported like any uncaught error, after the remaining listeners were told.
        queueMicrotask(() => {
          throw error
        })
      }
    }
  }
}
