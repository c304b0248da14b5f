import type { EndReason } from 'magpie-client'
import type { EndedView } from './view'

/** What an ended call shows: a key of `call.json` under `ended`, and what to offer. */
export interface Ending {
  key: EndingKey
  /** `redial`: it may work now. `callback`: they called me. `none`: the same call cannot work. */
  again: 'redial' | 'callback' | 'none'
}

export type EndingKey =
  | 'hangup'
  | 'missed'
  | 'cancelled'
  | 'declined'
  | 'busy'
  | 'noAnswer'
  | 'lost'
  | 'unreachable'
  | 'unknownPerson'
  | 'inviteUsed'
  | 'badNumber'
  | 'self'
  | 'busyHere'
  | 'rate'
  | 'gone'
  | 'failed'

/** The words for an end. For the person called, an end before the answer is a missed call, whatever the reason. */
export function ending(view: EndedView): Ending {
  const missed = view.role === 'callee' && !view.wasLive && MISSED.has(view.reason)
  if (missed) return { key: 'missed', again: 'callback' }
  const key = KEYS[view.reason]
  return { key, again: HOPELESS.has(view.reason) ? 'none' : 'redial' }
}

/** Ends that need no view: another device took the call, or I declined it myself. */
export function closesSilently(view: EndedView): 'answered-elsewhere' | 'declined-elsewhere' | 'declined' | null {
  const { reason } = view
  if (reason === 'answered-elsewhere' || reason === 'declined-elsewhere') return reason
  return reason === 'declined' && view.role === 'callee' ? reason : null
}

const MISSED: ReadonlySet<EndReason> = new Set(['cancelled', 'no-answer', 'gone', 'hangup', 'lost'])
const HOPELESS: ReadonlySet<EndReason> = new Set(['unknown-person', 'invite-used', 'bad-number', 'self'])

const KEYS: Readonly<Record<EndReason, EndingKey>> = {
  hangup: 'hangup',
  cancelled: 'cancelled',
  declined: 'declined',
  busy: 'busy',
  'no-answer': 'noAnswer',
  'answered-elsewhere': 'hangup',
  'declined-elsewhere': 'declined',
  lost: 'lost',
  'unknown-person': 'unknownPerson',
  'invite-used': 'inviteUsed',
  'bad-number': 'badNumber',
  self: 'self',
  'busy-here': 'busyHere',
  rate: 'rate',
  gone: 'gone',
  unreachable: 'unreachable',
  failed: 'failed',
}
