// The npm package `socket.io-client` in the versions people use, as one type.
import { createRequire } from 'node:module'

/** What the tests use of a client; the same in all versions. */
export interface Client {
  readonly id: string
  readonly connected: boolean
  readonly io: { readonly engine: { readonly transport: { readonly name: string } } }
  readonly volatile: { readonly emit: (event: string, ...values: unknown[]) => void }
  readonly emit: (event: string, ...values: unknown[]) => void
  readonly on: (event: string, act: (...values: never[]) => void) => void
  readonly once: (event: string, act: (...values: never[]) => void) => void
  readonly removeListener: (event: string, act: (...values: never[]) => void) => void
  readonly connect: () => void
  readonly close: () => void
}

type Connect = (url: string, options: object) => Client

export const versions = [2, 3, 4] as const
export type Version = (typeof versions)[number]

const packages = { 2: 'socket.io-client-2', 3: 'socket.io-client-3', 4: 'socket.io-client' } as const
const load = createRequire(import.meta.url)

/** A client in this process. */
export function client(version: Version, url: string, options: object): Client {
  const connect = load(packages[version]) as Connect & { io?: Connect }
  return (connect.io ?? connect)(url, { forceNew: true, ...options })
}

/** The script a page would load. */
export function browserScript(version: Version): string {
  return load.resolve(`${packages[version]}/dist/socket.io.js`)
}

/** Waits for an event and returns its values. */
export async function heard(from: Client, event: string): Promise<unknown[]> {
  return await new Promise((done) => {
    from.once(event, (...values: unknown[]) => {
      done(values)
    })
  })
}

/** Asks and waits for the answer's values. */
export async function ask(from: Client, event: string, ...values: unknown[]): Promise<unknown[]> {
  return await new Promise((done) => {
    from.emit(event, ...values, (...answer: unknown[]) => {
      done(answer)
    })
  })
}
