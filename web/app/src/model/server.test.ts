import { describe, expect, it } from 'vitest'
import { isLocal, originForOthers, parseStatus, plainTrustUrl, underOrigin } from './server'

const LAN = 'https://192.168.1.20:8443'

describe('what the server says of itself', () => {
  it('is taken as far as it has the right form', () => {
    const raw = { name: 'magpie', authority: { fingerprint: 'AB:CD' }, origins: [LAN, 7, 'no url'] }
    expect(parseStatus(raw)).toEqual({ fingerprint: 'AB:CD', origins: [LAN] })
  })

  it('may lack anything', () => {
    for (const raw of [null, 'x', {}, { authority: null, origins: 'x' }])
      expect(parseStatus(raw)).toEqual({ fingerprint: null, origins: [] })
  })
})

describe('links for other people', () => {
  it('name the address of the network when this page was opened as localhost', () => {
    expect(
      originForOthers('https://localhost:8443', { fingerprint: null, origins: ['https://127.0.0.1:8443', LAN] }),
    ).toBe(LAN)
  })

  it('keep the address under which this page was opened otherwise', () => {
    expect(originForOthers('https://calls.lan', { fingerprint: null, origins: [LAN] })).toBe('https://calls.lan')
  })

  it('stay as they are when the server knows no better', () => {
    expect(originForOthers('https://localhost:8443', null)).toBe('https://localhost:8443')
  })

  it('keep path and fragment under another origin', () => {
    expect(underOrigin('https://localhost:8443/call/i-a_b#link=X', LAN)).toBe(`${LAN}/call/i-a_b#link=X`)
  })
})

it('knows the names of this machine', () => {
  for (const url of ['https://localhost:1', 'https://a.localhost', 'http://127.0.0.9', 'https://[::1]:8443'])
    expect(isLocal(url)).toBe(true)
  for (const url of [LAN, 'https://[fd00::1]', 'https://localhost.example']) expect(isLocal(url)).toBe(false)
})

it('names the port of the plain trust page, since HTTP shares it with HTTPS', () => {
  expect(plainTrustUrl(LAN)).toBe('http://192.168.1.20:8443/trust')
  expect(plainTrustUrl('https://calls.lan')).toBe('http://calls.lan:443/trust')
})
