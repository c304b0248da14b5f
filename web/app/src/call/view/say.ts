import { topLine } from './line'
import type { CallView, LiveView } from './view'

/** What a screen reader is told: a key of `call.json` under `say`. */
export type Saying =
  | 'ringing'
  | 'theirPhoneRings'
  | 'answered'
  | 'muted'
  | 'unmuted'
  | 'cameraOn'
  | 'cameraOff'
  | 'sharing'
  | 'notSharing'
  | 'peerMuted'
  | 'peerUnmuted'
  | 'peerShares'
  | 'weak'
  | 'steady'
  | 'reconnecting'
  | 'back'
  | 'talkingMuted'

/** The sentence to speak when the view went from `before` to `after`; null when nothing worth it happened. */
export function saying(before: CallView, after: CallView): Saying | null {
  if (after.at === 'outgoing') return outgoing(before, after.step)
  if (after.at !== 'live') return null
  if (before.at !== 'live') return after.since === null ? null : 'answered'
  return own(before, after) ?? link(before, after) ?? theirs(before, after)
}

function outgoing(before: CallView, step: 'dialing' | 'ringing' | 'alerting'): Saying | null {
  const was = before.at === 'outgoing' ? before.step : 'dialing'
  if (step === was || step === 'dialing') return null
  return step === 'alerting' ? 'theirPhoneRings' : 'ringing'
}

function own(before: LiveView, after: LiveView): Saying | null {
  const [was, is] = [before.mine, after.mine]
  if (was.microphone !== is.microphone) return is.microphone === 'on' ? 'unmuted' : 'muted'
  if (was.camera !== is.camera) return is.camera === 'on' ? 'cameraOn' : 'cameraOff'
  if (was.sharing !== is.sharing) return is.sharing ? 'sharing' : 'notSharing'
  if (before.speech.kind !== 'noticed' && after.speech.kind === 'noticed') return 'talkingMuted'
  return null
}

function link(before: LiveView, after: LiveView): Saying | null {
  if (before.since === null && after.since !== null) return 'answered'
  if (before.link.kind !== after.link.kind) {
    if (after.link.kind === 'reconnecting') return 'reconnecting'
    if (before.link.kind === 'reconnecting') return 'back'
  }
  const [was, is] = [isWeak(before), isWeak(after)]
  if (was === is) return null
  return is ? 'weak' : 'steady'
}

function theirs(before: LiveView, after: LiveView): Saying | null {
  if (!before.theirs.screen && after.theirs.screen) return 'peerShares'
  if (before.theirs.audio === after.theirs.audio) return null
  return after.theirs.audio ? 'peerUnmuted' : 'peerMuted'
}

function isWeak(view: LiveView): boolean {
  return topLine(view)?.key.startsWith('line.weak') ?? false
}
