import type { Card, Contact, Known, Me, Missed } from './types'
import type { ServerMessage } from './wire'

/** What the server has told, with nothing told yet. */
export interface Knowledge {
  readonly me: Me | null
  readonly contacts: readonly Contact[]
  readonly missed: readonly Missed[]
  readonly blocked: readonly Card[]
}

export const NOTHING: Knowledge = { me: null, contacts: [], missed: [], blocked: [] }

/** The lists that a welcome or a linking carries. */
export function told({ me, contacts, missed, blocked }: Known): Known {
  return { me, contacts, missed, blocked }
}

/** What is known after a notice; the same object when the notice changes nothing. */
export function learn(known: Knowledge, message: ServerMessage): Knowledge {
  switch (message.t) {
    case 'linked':
      return told(message)
    case 'me':
      return { ...known, me: message.me }
    case 'contacts':
      return { ...known, contacts: message.contacts }
    case 'blocked':
      return { ...known, blocked: message.blocked }
    case 'missed-cleared':
      return { ...known, missed: missedAfter(known.missed, message.upTo) }
    case 'presence':
      return {
        ...known,
        contacts: known.contacts.map((contact) =>
          contact.id === message.id ? { ...contact, online: message.online } : contact,
        ),
      }
    case 'missed':
      return { ...known, missed: [...known.missed.filter(({ call }) => call !== message.missed.call), message.missed] }
    default:
      return known
  }
}

/** The missed calls that are not seen yet, when those up to a moment of the server's clock are. */
export function missedAfter(missed: readonly Missed[], upTo: number): readonly Missed[] {
  return missed.filter(({ at }) => at > upTo)
}
