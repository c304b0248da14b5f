// Who is not who they say is refused; spoken without the page's own client.
import type { Page } from '@playwright/test'
import { request } from 'node:https'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from '../src/fixtures.ts'

interface Forgery {
  /** Signs another text than the server asked for. */
  readonly wrongNonce?: boolean
  /** Names another origin than the page's. */
  readonly origin?: string
  /** Signs with another key than it shows. */
  readonly otherKey?: boolean
  /** Sends the proof of an earlier connection again. */
  readonly replay?: string
}

test('a true proof is welcomed', async ({ arrive }) => {
  const { page } = await arrive('red', { path: '/trust' })
  expect((await knock(page, {})).heard).toContain('"t":"welcome"')
})

for (const [name, forgery] of Object.entries({
  'over another nonce': { wrongNonce: true },
  'for another origin': { origin: 'https://elsewhere.example' },
  'by another key': { otherKey: true },
} satisfies Record<string, Forgery>)) {
  test(`a proof ${name} is refused`, async ({ arrive }) => {
    const { page } = await arrive('red', { path: '/trust' })
    const { heard, code } = await knock(page, forgery)
    expect(heard).not.toContain('"t":"welcome"')
    expect(code).toBe(4401)
  })
}

test('a proof that was good once is refused the second time', async ({ arrive }) => {
  const { page } = await arrive('red', { path: '/trust' })
  const first = await knock(page, {})
  expect(first.heard).toContain('"t":"welcome"')
  const second = await knock(page, { replay: first.sent })
  expect(second.heard).not.toContain('"t":"welcome"')
  expect(second.code).toBe(4401)
})

test('a page of another origin gets no connection', async ({ server, shared }) => {
  const status = await new Promise<number | undefined>((done, fail) => {
    void readFile(join(shared.folder, 'ca.pem')).then((ca) => {
      request(`${server.origin}/ws`, {
        ca,
        headers: {
          Origin: 'https://elsewhere.example',
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
        },
      })
        .on('response', (response) => done(response.statusCode))
        .on('upgrade', (_, socket) => {
          socket.destroy()
          done(101)
        })
        .on('error', fail)
        .end()
    }, fail)
  })
  expect(status).toBe(403)
})

/** Opens a connection from the page and answers its challenge, truly or not. */
async function knock(page: Page, forgery: Forgery): Promise<{ sent: string; heard: string; code: number | null }> {
  return await page.evaluate(async (forgery) => {
    const base64url = (bytes: ArrayBuffer | Uint8Array): string =>
      btoa(String.fromCharCode(...new Uint8Array(bytes as ArrayBuffer)))
        .replaceAll('+', '-')
        .replaceAll('/', '_')
        .replaceAll('=', '')
    const makeKey = async (): Promise<CryptoKeyPair> =>
      await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
    const socket = new WebSocket(`wss://${location.host}/ws`)
    const messages: string[] = []
    const arrived: (() => void)[] = []
    const end: { code: number | null } = { code: null }
    socket.onmessage = ({ data }) => {
      messages.push(String(data))
      arrived.shift()?.()
    }
    socket.onclose = (event) => {
      end.code = event.code
      arrived.shift()?.()
    }
    const next = async (): Promise<void> => await new Promise((done) => arrived.push(done))
    await next()
    const { nonce } = JSON.parse(messages[0] ?? '{}') as { nonce: string }
    const shown = await makeKey()
    const signing = forgery.otherKey ? await makeKey() : shown
    const origin = forgery.origin ?? location.origin
    const text = `magpie-auth-1\n${forgery.wrongNonce ? 'A'.repeat(43) : nonce}\n${origin}`
    const signature = await crypto.subtle.sign(
      { name: 'ECDSA', hash: 'SHA-256' },
      signing.privateKey,
      new TextEncoder().encode(text),
    )
    const key = base64url(await crypto.subtle.exportKey('raw', shown.publicKey))
    const tab = base64url(crypto.getRandomValues(new Uint8Array(16)))
    const sent =
      forgery.replay ?? JSON.stringify({ t: 'auth', key, sig: base64url(signature), origin, tab, label: 'test' })
    socket.send(sent)
    await next()
    const heard = messages.slice(1).join('\n')
    if (!heard.includes('welcome') && end.code === null) await next()
    socket.close()
    return { sent, heard, code: end.code }
  }, forgery)
}
