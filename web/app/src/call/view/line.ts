import type { LiveView } from './view'

/** The one line at the top of a call: a key of `call.json` and its tone. */
export interface Line {
  tone: 'quiet' | 'warn'
  key: LineKey
}

export type LineKey =
  | 'line.reconnecting.signalling'
  | 'line.reconnecting.media'
  | 'line.away'
  | 'line.weak.mine'
  | 'line.weak.theirs'
  | 'line.weak.unknown'
  | 'line.sharing'
  | 'line.peerMuted'
  | 'line.relayed'

/** What to say at the top, the most pressing first; null when there is nothing to say. */
export function topLine(view: LiveView): Line | null {
  if (view.link.kind === 'reconnecting') return reconnecting(view.link.cause)
  if (view.link.kind === 'connecting') return null
  if (view.quality?.level === 'weak') return { tone: 'warn', key: `line.weak.${view.quality.side}` }
  if (view.mine.sharing) return { tone: 'quiet', key: 'line.sharing' }
  if (!view.theirs.audio) return { tone: 'quiet', key: 'line.peerMuted' }
  if (view.quality?.relayed && view.controls === 'shown') return { tone: 'quiet', key: 'line.relayed' }
  return null
}

function reconnecting(cause: 'signalling' | 'media' | 'peer'): Line {
  return { tone: 'warn', key: cause === 'peer' ? 'line.away' : `line.reconnecting.${cause}` }
}
