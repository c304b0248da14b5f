import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { base32, base64url } from '../src/encoding'
import { Identity, IndexedDbStore, type IdentityStore } from '../src/identity'
import { MemoryStore } from '../src/memory'

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory())
  vi.stubGlobal('isSecureContext', true)
})

describe('the identity', () => {
  it('is the same at the next visit', async () => {
    const first = await Identity.open(new IndexedDbStore())
    const second = await Identity.open(new IndexedDbStore())
    expect(second.key).toBe(first.key)
    expect(second.device).toBe(first.device)
  })

  it('that is not kept is another than the one of the browser, and than the next', async () => {
    const [kept, passing] = [new IndexedDbStore(), new MemoryStore()]
    const { device } = await Identity.open(passing)
    expect((await Identity.open(passing)).device).toBe(device)
    expect((await Identity.open(kept)).device).not.toBe(device)
    expect((await Identity.replace(passing)).device).not.toBe(device)
  })

  it('names the device by the hash of its public key', async () => {
    const { key, device } = await Identity.open(new IndexedDbStore())
    const point = Buffer.from(key, 'base64url')
    expect(point).toHaveLength(65)
    expect(point[0]).toBe(4)
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', point))
    expect(device).toBe(base32(digest.subarray(0, 16)))
    expect(device).toMatch(/^[a-z2-7]{26}$/)
  })

  it('keeps a secret that cannot be read', async () => {
    const store = new IndexedDbStore()
    await Identity.open(store)
    const pair = await store.load()
    if (pair === null) throw new Error('nothing kept')
    await expect(crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow()
  })

  it('proves itself over the nonce and the origin', async () => {
    const identity = await Identity.open(new IndexedDbStore())
    const signature = await identity.proveTo('nonce', 'https://host')
    expect(await verifies(identity.key, signature, 'magpie-auth-1\nnonce\nhttps://host')).toBe(true)
    expect(await verifies(identity.key, signature, 'magpie-auth-1\nnonce\nhttps://other')).toBe(false)
  })

  it('vouches for another device of a person', async () => {
    const identity = await Identity.open(new IndexedDbStore())
    const signature = await identity.vouchFor('person', 'device')
    expect(await verifies(identity.key, signature, 'magpie-link-1\nperson\ndevice')).toBe(true)
  })

  it('is one, also where two pages make it at the same time', async () => {
    const [first, second] = await Promise.all([
      Identity.open(new IndexedDbStore()),
      Identity.open(new IndexedDbStore()),
    ])
    expect(first.key).toBe(second.key)
  })

  it('is another once it was replaced', async () => {
    const first = await Identity.open(new IndexedDbStore())
    const second = await Identity.replace(new IndexedDbStore())
    expect(second.key).not.toBe(first.key)
    expect((await Identity.open(new IndexedDbStore())).key).toBe(second.key)
  })

  it('says that the storage fails, in words of its own', async () => {
    const broken: IdentityStore = {
      load: () => Promise.reject(new Error('private mode')),
      save: (pair) => Promise.resolve(pair),
      forget: () => Promise.resolve(),
    }
    await expect(Identity.open(broken)).rejects.toMatchObject({ code: 'storage', detail: 'private mode' })
  })

  it('asks for a secure page first', async () => {
    vi.stubGlobal('isSecureContext', false)
    await expect(Identity.open(new IndexedDbStore())).rejects.toMatchObject({ code: 'insecure' })
  })
})

describe('encodings', () => {
  // RFC 4648, section 10
  it.each([
    ['', ''],
    ['f', 'my'],
    ['fo', 'mzxq'],
    ['foo', 'mzxw6'],
    ['foob', 'mzxw6yq'],
    ['fooba', 'mzxw6ytb'],
    ['foobar', 'mzxw6ytboi'],
  ])('writes %j in base32', (text, encoded) => {
    expect(base32(new TextEncoder().encode(text))).toBe(encoded)
  })

  it('writes base64url without padding', () => {
    expect(base64url(new Uint8Array([251, 255, 254, 0]))).toBe('-__-AA')
  })
})

async function verifies(key: string, signature: string, text: string): Promise<boolean> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const point = await crypto.subtle.importKey('raw', Buffer.from(key, 'base64url'), algorithm, false, ['verify'])
  const bytes = Buffer.from(signature, 'base64url')
  return crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, point, bytes, new TextEncoder().encode(text))
}
