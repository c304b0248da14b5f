import type { Card, Me, MediaKind, OneTimeCode, ProfileChange } from 'magpie-client'
import type { LinkClaim } from './state'
import type { ChangePreferences } from './preferences'
import type { Route } from './route'

/** Everything a view can ask for. Promises reject with a `MagpieError`, whose code has words in `common:error`. */
export interface Actions {
  navigate: (route: Route) => void
  dial: (to: string, media: MediaKind) => void
  lookup: (who: string) => Promise<Card>
  setPreferences: ChangePreferences
  /** Arms the ringtone; must be called from a press or a key. */
  arm: () => void
  setProfile: (change: ProfileChange) => Promise<Me>
  addContact: (id: string, name?: string) => Promise<void>
  removeContact: (id: string) => Promise<void>
  block: (id: string) => Promise<void>
  unblock: (id: string) => Promise<void>
  createInvite: () => Promise<OneTimeCode>
  /** Puts my link code on the screen, or away. */
  setOffering: (on: boolean) => void
  offerLink: () => Promise<OneTimeCode>
  setClaim: (claim: LinkClaim | null) => void
  claimLink: (code: string) => Promise<void>
  approveLink: (device: string) => Promise<void>
  rejectLink: (device: string) => Promise<void>
  unlink: (device: string) => Promise<void>
  clearRecents: () => void
  takeOver: () => void
}
