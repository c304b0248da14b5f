import type { ReactNode } from 'react'

/** One view, drawn in each of its states from made-up data. */
export interface GalleryEntry {
  view: string
  /** By name: `empty`, `loading`, `error`, `denied`, `offline`, `unsupported` as far as they apply, and its own. */
  states: Readonly<Record<string, () => ReactNode>>
}

// Every `NAME.gallery.tsx` exports `entries`; nobody has to list them.
const found = import.meta.glob<GalleryEntry[]>('../**/*.gallery.tsx', { eager: true, import: 'entries' })

/** All views, by file. */
export const registry: readonly GalleryEntry[] = Object.values(found).flat()
