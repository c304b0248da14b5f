/**
 * People who are gone with the page, beside whoever else uses it.
 *
 * @packageDocumentation
 */
import { randomId } from './encoding'
import type { IdentityStore } from './identity'

/** Keeps the key pair for as long as it is there itself: for tests and demonstrations. */
export class MemoryStore implements IdentityStore {
  /** The page's own is left to the person who comes back to it. */
  readonly tab = randomId()
  #pair: CryptoKeyPair | null = null

  load(): Promise<CryptoKeyPair | null> {
    return Promise.resolve(this.#pair)
  }

  save(pair: CryptoKeyPair): Promise<CryptoKeyPair> {
    this.#pair ??= pair
    return Promise.resolve(this.#pair)
  }

  forget(): Promise<void> {
    this.#pair = null
    return Promise.resolve()
  }
}
