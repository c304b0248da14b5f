import { randomId } from './encoding'

/**
 * The id of this page within its browser: it survives a reload, and two pages never share it.
 *
 * A duplicated tab copies `sessionStorage`; the lock tells the copy from the original, and the copy takes an id of its own.
 * The wait is for a reload, where the former document may hold its lock for a moment longer.
 */
export async function openTab(): Promise<string> {
  const kept = read()
  if (kept !== null && (await claim(kept, RELOAD_PATIENCE_MS))) return kept
  const fresh = randomId()
  write(fresh)
  await claim(fresh, RELOAD_PATIENCE_MS)
  return fresh
}

const KEY = 'magpie-tab'
const RELOAD_PATIENCE_MS = 500

/** Holds the lock of that id until the page goes; false when another page holds it. */
function claim(tab: string, patienceMs: number): Promise<boolean> {
  const locks = (navigator as { readonly locks?: LockManager }).locks
  if (locks === undefined) return Promise.resolve(true)
  return new Promise((resolve) => {
    const held = () => {
      resolve(true)
      return new Promise<never>(() => undefined)
    }
    locks.request(`${KEY}-${tab}`, { signal: AbortSignal.timeout(patienceMs) }, held).catch(() => resolve(false))
  })
}

function read(): string | null {
  try {
    const kept = sessionStorage.getItem(KEY)
    return kept !== null && /^[\w-]{22}$/.test(kept) ? kept : null
  } catch {
    return null // storage is shut off: this page is then new at each load
  }
}

function write(tab: string): void {
  try {
    sessionStorage.setItem(KEY, tab)
  } catch {
    // see read()
  }
}
