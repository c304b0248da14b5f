import type { Me } from 'magpie-client'

const KEY = 'magpie.me'

/**
 * Reads who this browser's person was on the last visit, so that name and number stand there at once, also without a
 * connection. Devices are left out: whether they are still linked only the server knows.
 */
export function readMe(storage: Pick<Storage, 'getItem'> | null): Me | null {
  try {
    return parseMe(JSON.parse(storage?.getItem(KEY) ?? 'null'))
  } catch {
    return null
  }
}

/** Keeps who I am for the next visit. A storage that refuses costs that only. */
export function writeMe(storage: Pick<Storage, 'setItem'> | null, { id, number, handle, name }: Me): void {
  try {
    storage?.setItem(KEY, JSON.stringify({ id, number, handle, name }))
  } catch {
    // the server tells it again
  }
}

function parseMe(raw: unknown): Me | null {
  if (typeof raw !== 'object' || raw === null) return null
  const { id, number, handle, name } = raw as Record<string, unknown>
  if (typeof id !== 'string' || typeof number !== 'string') return null
  const text = (value: unknown) => (typeof value === 'string' ? value : null)
  return { id, number, handle: text(handle), name: text(name), devices: [] }
}
