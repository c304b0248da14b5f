import type { Card, SessionState } from 'magpie-client'
import { groupNumber } from './address'

/** What is known of me and mine, fresh (online) or as last heard (offline); null before the first welcome. */
export function known(session: SessionState) {
  if (session.kind !== 'online' && session.kind !== 'offline') return null
  return session.me ? { ...session, me: session.me, fresh: session.kind === 'online' } : null
}

/** What to call somebody: their name, else handle, else number; null when nothing may be known. */
export function displayName(card: Card): string | null {
  if (card.name) return card.name
  if (card.handle) return `@${card.handle}`
  return card.number ? groupNumber(card.number) : null
}

/** The second line beside a name: handle or number, whichever is not already the name. */
export function secondName(card: Card): string | null {
  if (card.name && card.handle) return `@${card.handle}`
  if ((card.name || card.handle) && card.number) return groupNumber(card.number)
  return null
}

/** The link a friend opens to call this person. The handle reads better; the number never changes. */
export function callLink(origin: string, card: Card): string {
  return `${origin}/call/${encodeURIComponent(card.handle ?? card.number ?? card.id)}`
}

/** Whether what somebody dials (number, handle with or without `@`, person id) names this person. */
export function isMeantBy(to: string, card: Card): boolean {
  const name = to.replace(/^@/, '')
  return name === card.id || name === card.number || (card.handle !== null && name === card.handle)
}
