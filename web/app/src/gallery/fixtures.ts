import type { Card, Contact, Me, Missed, SessionState } from 'magpie-client'
import type { Actions } from '../model/actions'
import { DEFAULT_PREFERENCES, type Preferences } from '../model/preferences'
import type { Recent } from '../model/recents'

/** A Sunday afternoon, so that "yesterday" and weekdays come out the same on every run. */
export const NOW = Date.UTC(2026, 10, 22, 7, 40)

export const ORIGIN = 'https://192.168.1.20:8443'

const MINUTE = 60_000
const DAY = 86_400_000

export const lin: Card = { id: 'mfrggzdfmztwq2lknnwg23tpoa', number: '552107340', handle: 'lin', name: 'Lin Qiao' }
export const zhinu: Card = { id: 'nbswy3dpeb3w64tmmqqq3dboqe', number: '204816320', handle: '织女', name: '织女' }
export const stranger: Card = { id: 'onswg4tforzwk5dumvzxizltoq', number: null, handle: null, name: null }
export const ada: Card = { id: 'pfxxkidbojssa4dfojtgky3unq', number: '963120752', handle: null, name: null }
export const long: Card = {
  id: 'qgzgc2lmorqxg2dfmrswg33nna',
  number: '388420167',
  handle: 'alexandra-konstantinopoulou',
  name: 'Alexandra Konstantinopoulou-Weatherby',
}

export const me: Me = {
  id: 'abswy3dpeb3w64tmmqqq3dboqe',
  number: '417803533',
  handle: 'niulang',
  name: 'Niu Lang',
  devices: [
    { id: 'd1', label: 'Chrome on Linux', here: true, linkedAt: NOW - 40 * DAY },
    { id: 'd2', label: 'Safari on iPhone', here: false, linkedAt: NOW - 3 * DAY },
  ],
}

/** As on a first visit: a number, and nothing else yet. */
export const newcomer: Me = { ...me, handle: null, name: null, devices: me.devices.slice(0, 1) }

export const contacts: Contact[] = [
  { ...lin, online: true },
  { ...zhinu, online: false },
  { ...long, online: null },
]

export const missed: Missed[] = [{ call: 'm1', from: lin, at: NOW - 12 * MINUTE, media: 'video' }]

export const recents: Recent[] = [
  { call: 'm1', peer: lin, at: NOW - 12 * MINUTE, media: 'video', way: 'missed', durationMs: 0 },
  { call: 'r2', peer: zhinu, at: NOW - 95 * MINUTE, media: 'video', way: 'outgoing', durationMs: 754_000 },
  { call: 'r3', peer: ada, at: NOW - DAY, media: 'audio', way: 'incoming', durationMs: 41_000 },
  { call: 'r4', peer: long, at: NOW - 3 * DAY, media: 'audio', way: 'outgoing', durationMs: 0 },
  { call: 'r5', peer: stranger, at: NOW - 20 * DAY, media: 'video', way: 'missed', durationMs: 0 },
]

export const online: SessionState = { kind: 'online', me, contacts, missed, blocked: [ada] }
export const first: SessionState = { kind: 'online', me: newcomer, contacts: [], missed: [], blocked: [] }
export const offline: SessionState = { ...online, kind: 'offline', retryAt: NOW + 4000 }
export const connecting: SessionState = { kind: 'connecting', attempt: 1 }

export const preferences: Preferences = { ...DEFAULT_PREFERENCES }
export const armed: Preferences = { ...DEFAULT_PREFERENCES, ringtone: true }

const never = () => new Promise<never>(() => undefined)
const nothing = () => undefined

/** Actions that do nothing, or never come to an end. */
export const quietActions: Actions = {
  navigate: nothing,
  dial: nothing,
  lookup: never,
  setPreferences: nothing,
  arm: nothing,
  setProfile: never,
  addContact: never,
  removeContact: never,
  block: never,
  unblock: never,
  createInvite: never,
  setOffering: nothing,
  offerLink: never,
  setClaim: nothing,
  claimLink: never,
  approveLink: never,
  rejectLink: never,
  unlink: never,
  clearRecents: nothing,
  takeOver: nothing,
}

/** As a computer with a second camera would list them. */
export function madeUpDevices(): MediaDeviceInfo[] {
  const made = (kind: MediaDeviceKind, deviceId: string, label: string): MediaDeviceInfo => {
    const device = { kind, deviceId, label, groupId: '' }
    return { ...device, toJSON: () => device }
  }
  return [
    made('videoinput', 'c1', 'Integrated Camera'),
    made('videoinput', 'c2', 'USB Camera'),
    made('audioinput', 'm1', 'Built-in Microphone'),
    made('audioinput', 'm2', 'Headset'),
    made('audiooutput', 's1', 'Built-in Speakers'),
    made('audiooutput', 's2', 'Headset'),
  ]
}
