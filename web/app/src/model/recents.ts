import type { Card, MediaKind, Missed } from 'magpie-client'

/** One line of the recents list. */
export interface Recent {
  /** The call's id, so that a call told twice (by us and by the server) is one line. */
  call: string
  peer: Card
  at: number
  media: MediaKind
  way: 'outgoing' | 'incoming' | 'missed'
  /** How long the two were connected, milliseconds; 0 when they never were. */
  durationMs: number
}

const KEPT = 100
const KEY = 'magpie.recents'

/** Adds a call, newest first; the same call told again replaces its line. */
export function addRecent(recents: readonly Recent[], recent: Recent): Recent[] {
  return [recent, ...recents.filter(({ call }) => call !== recent.call)].sort((a, b) => b.at - a.at).slice(0, KEPT)
}

/** Adds the missed calls the server tells of. A call this page saw itself keeps its own line. */
export function addMissed(recents: readonly Recent[], missed: readonly Missed[]): readonly Recent[] {
  const known = new Set(recents.map(({ call }) => call))
  const news = missed.filter(({ call }) => !known.has(call))
  if (news.length === 0) return recents
  return news.reduce<Recent[]>(
    (list, { call, from, at, media }) => addRecent(list, { call, peer: from, at, media, way: 'missed', durationMs: 0 }),
    [...recents],
  )
}

/** Reads the list kept in this browser, per person: linking this browser to somebody else must not show them our calls. */
export function readRecents(storage: Pick<Storage, 'getItem'> | null, person: string): Recent[] {
  try {
    const raw: unknown = JSON.parse(storage?.getItem(`${KEY}.${person}`) ?? '[]')
    return Array.isArray(raw) ? raw.filter(isRecent) : []
  } catch {
    return []
  }
}

/** Keeps the list. A storage that refuses costs persistence only. */
export function writeRecents(
  storage: Pick<Storage, 'setItem'> | null,
  person: string,
  recents: readonly Recent[],
): void {
  try {
    storage?.setItem(`${KEY}.${person}`, JSON.stringify(recents))
  } catch {
    // shown for this visit all the same
  }
}

function isRecent(value: unknown): value is Recent {
  if (typeof value !== 'object' || value === null) return false
  const { call, peer, at, media, way, durationMs } = value as Record<string, unknown>
  return (
    typeof call === 'string' &&
    typeof at === 'number' &&
    typeof durationMs === 'number' &&
    (media === 'audio' || media === 'video') &&
    (way === 'outgoing' || way === 'incoming' || way === 'missed') &&
    isCard(peer)
  )
}

function isCard(value: unknown): value is Card {
  if (typeof value !== 'object' || value === null) return false
  const { id, number, handle, name } = value as Record<string, unknown>
  const text = (part: unknown) => part === null || typeof part === 'string'
  return typeof id === 'string' && text(number) && text(handle) && text(name)
}
