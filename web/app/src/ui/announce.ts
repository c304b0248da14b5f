/** One message for the person: read aloud, and shown briefly unless it is for the ear only. */
export interface Announcement {
  id: number
  text: string
  urgency: 'polite' | 'assertive'
  shown: boolean
}

type Listener = (announcement: Announcement) => void
const listeners = new Set<Listener>()
let count = 0

/** Reads `text` to a screen reader without showing it (ringing, joined, muted). */
export function announce(text: string, urgency: Announcement['urgency'] = 'polite'): void {
  emit({ id: ++count, text, urgency, shown: false })
}

/** Shows `text` for a few seconds and reads it politely (copied, saved, answered elsewhere). */
export function toast(text: string): void {
  emit({ id: ++count, text, urgency: 'polite', shown: true })
}

/** Listens to every announcement; returns the way to stop. */
export function onAnnouncement(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function emit(announcement: Announcement): void {
  for (const listener of listeners) listener(announcement)
}
