import type { Call, Magpie, MediaKind } from 'magpie-client'
import { isMeantBy } from '../model/people'
import type { ChangePreferences, Preferences } from '../model/preferences'
import { askInDialog } from './check/ask'
import { LocalMedia, stopAll } from './media/local'
import { recallSending } from './media/memory'
import { prepare, type Preparation, type Prepared, type Purpose } from './media/prepare'
import { player } from './sound/player'

/**
 * Opens microphone and camera, then dials; shows the pre-call check when something is wrong with them.
 * Resolves when the call is on its way or the person gave up. A second press meanwhile does nothing; a call that comes in
 * meanwhile goes first, and is answered at once when it comes from the very person that was about to be dialled.
 */
export async function startCall(
  client: Magpie,
  to: string,
  media: MediaKind,
  prefs: Preferences,
  onPrefs: ChangePreferences,
): Promise<void> {
  if (starting || isBusy(client)) return
  starting = true
  void player.arm() // this press is what lets the ringback sound
  const overtaken = new AbortController()
  const stop = client.on('incoming', ({ peer }) => isMeantBy(to, peer) || overtaken.abort())
  try {
    const prepared = await prepare(preparation(media, 'call', { prefs, onPrefs }, overtaken.signal), askInDialog)
    if (!prepared.ok) return
    const meanwhile = client.call
    if (meanwhile?.state.kind === 'incoming' && isMeantBy(to, meanwhile.peer)) {
      carry(meanwhile, prepared)
      meanwhile.accept({ stream: prepared.stream, media })
      return
    }
    if (isBusy(client)) {
      release(prepared)
      return
    }
    carry(client.dial(to, { stream: prepared.stream, media }), prepared)
  } finally {
    stop()
    starting = false
  }
}

/**
 * Opens microphone and camera, then answers.
 *
 * @returns whether the call was answered: false when the person gave up or the call ended meanwhile
 */
export function answerCall(call: Call, media: MediaKind, kept: Kept): Promise<boolean> {
  return take(call, media, 'answer', kept, (prepared) => {
    carry(call, prepared)
    call.accept({ stream: prepared.stream, media })
  })
}

/** After a reload: opens what was sent before, muted if it was muted, and goes back into the call. */
export function rejoinCall(call: Call, kept: Kept): Promise<boolean> {
  const before = recallSending(call.id)
  const media = (before ? before.camera : call.media === 'video') ? 'video' : 'audio'
  return take(call, media, 'rejoin', kept, (prepared) => {
    const muted = before !== null && !before.microphone
    if (muted) prepared.stream?.getAudioTracks().forEach((track) => (track.enabled = false))
    carry(call, prepared)
    call.rejoin({ stream: prepared.stream, media })
    if (muted) call.setEnabled('audio', false)
  })
}

/** My devices in this call; empty until it is dialled or answered with some. */
export function localMediaOf(call: Call): LocalMedia {
  const known = locals.get(call)
  if (known) return known
  const local = new LocalMedia(call)
  locals.set(call, local)
  return local
}

/** What the person chose before, and how to keep what they choose now. */
export interface Kept {
  readonly prefs: Preferences
  readonly onPrefs: ChangePreferences
}

type Ready = Extract<Prepared, { ok: true }>

let starting = false
const locals = new WeakMap<Call, LocalMedia>()

async function take(
  call: Call,
  media: MediaKind,
  purpose: Purpose,
  kept: Kept,
  go: (prepared: Ready) => void,
): Promise<boolean> {
  const over = new AbortController()
  const stop = call.on('state', ({ kind }) => kind === 'ended' && over.abort())
  const prepared = await prepare(preparation(media, purpose, kept, over.signal), askInDialog)
  stop()
  if (!prepared.ok) return false
  if (over.signal.aborted) {
    release(prepared)
    return false
  }
  go(prepared)
  return true
}

function preparation(media: MediaKind, purpose: Purpose, kept: Kept, signal: AbortSignal): Preparation {
  const wants = { audio: true, video: media === 'video' }
  const { camera, microphone } = kept.prefs
  return { wants, purpose, chosen: { camera, microphone }, remember: kept.onPrefs, signal }
}

function carry(call: Call, { stream, chosen }: Ready): void {
  localMediaOf(call).begin(stream, chosen)
}

function release({ stream }: Ready): void {
  if (stream) stopAll(stream)
}

function isBusy(client: Magpie): boolean {
  return client.call !== null && client.call.state.kind !== 'ended'
}
