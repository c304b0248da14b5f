import { base32, base64url } from './encoding'
import { MagpieError } from './error'

/** Where the identity's keys are kept. The default is IndexedDB; tests and unusual hosts may bring their own. */
export interface IdentityStore {
  /** The key pair kept here, or null at the first visit. */
  load(): Promise<CryptoKeyPair | null>
  /** Keeps the pair and answers the one that counts: the earlier one, where another page was first. */
  save(pair: CryptoKeyPair): Promise<CryptoKeyPair>
  /** Drops the pair: this device was unlinked, and its key is worth nothing any more. */
  forget(): Promise<void>
  /** The id of the page, 22 characters; without it the page has one that it comes back to after a reload. */
  readonly tab?: string
}

/** The key of this device. The private half cannot leave the browser's key store. */
export class Identity {
  readonly #secret: CryptoKey

  private constructor(
    /** Public key: uncompressed point, base64url. */
    readonly key: string,
    /** Device id: 26 characters. */
    readonly device: string,
    secret: CryptoKey,
  ) {
    this.#secret = secret
  }

  /**
   * Reads the key of this device, or makes one at the first visit.
   *
   * @throws MagpieError `insecure` (page not served over HTTPS), `unsupported`, `storage` (private mode, disk full)
   */
  static async open(store: IdentityStore): Promise<Identity> {
    if (!globalThis.isSecureContext)
      throw new MagpieError('insecure', 'the page is not a secure context: serve it over HTTPS or from localhost')
    if (typeof crypto.subtle === 'undefined')
      throw new MagpieError('unsupported', 'no WebCrypto: use a current browser')
    const kept = await stored(() => store.load())
    const pair = kept ?? (await create(store))
    const point = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', point))
    return new Identity(base64url(point), base32(digest.subarray(0, 16)), pair.privateKey)
  }

  /** Makes a new key in place of one that is worth nothing any more. */
  static async replace(store: IdentityStore): Promise<Identity> {
    await stored(() => store.forget())
    return Identity.open(store)
  }

  /** Answers the server's challenge for a page of this origin. */
  proveTo(nonce: string, origin: string): Promise<string> {
    return this.#sign(`magpie-auth-1\n${nonce}\n${origin}`)
  }

  /** Vouches for another device, which then speaks for this person too. */
  vouchFor(person: string, device: string): Promise<string> {
    return this.#sign(`magpie-link-1\n${person}\n${device}`)
  }

  async #sign(text: string): Promise<string> {
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      this.#secret,
      new TextEncoder().encode(text),
    )
    return base64url(new Uint8Array(signature))
  }
}

/** Keeps the key pair in IndexedDB, which stores keys without showing them to scripts. */
export class IndexedDbStore implements IdentityStore {
  load(): Promise<CryptoKeyPair | null> {
    return transact('readonly', (store, done) => {
      store.get(RECORD).onsuccess = (event) => done(found(event))
    })
  }

  save(pair: CryptoKeyPair): Promise<CryptoKeyPair> {
    return transact('readwrite', (store, done) => {
      store.get(RECORD).onsuccess = (event) => {
        const earlier = found(event)
        if (earlier === null) store.put(pair, RECORD)
        done(earlier ?? pair)
      }
    })
  }

  forget(): Promise<void> {
    return transact('readwrite', (store, done) => {
      store.delete(RECORD).onsuccess = () => done(undefined)
    })
  }
}

const DATABASE = 'magpie'
const STORE = 'identity'
const RECORD = 'device'

async function create(store: IdentityStore): Promise<CryptoKeyPair> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  return stored(() => store.save(pair))
}

async function stored<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw new MagpieError('storage', error instanceof Error ? error.message : String(error))
  }
}

/** Runs one transaction; settles only when it has committed, so that a key told to the server is a key kept. */
async function transact<T>(
  mode: IDBTransactionMode,
  body: (store: IDBObjectStore, done: (value: T) => void) => void,
): Promise<T> {
  const database = await openDatabase()
  try {
    return await new Promise<T>((resolve, reject) => {
      let result: { readonly value: T } | null = null
      const transaction = database.transaction(STORE, mode)
      const fail = () => reject(transaction.error ?? new Error('transaction aborted'))
      transaction.oncomplete = () => (result === null ? fail() : resolve(result.value))
      transaction.onabort = fail
      transaction.onerror = fail
      body(transaction.objectStore(STORE), (value) => (result = { value }))
    })
  } finally {
    database.close()
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1)
    request.onupgradeneeded = () => request.result.createObjectStore(STORE)
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('cannot open IndexedDB'))
    request.onblocked = () => reject(new Error('IndexedDB is blocked by another page'))
  })
}

function found(event: Event): CryptoKeyPair | null {
  const value = (event.target as IDBRequest<CryptoKeyPair | undefined>).result
  return value ?? null
}
