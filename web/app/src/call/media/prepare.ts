import type { MediaFailure, MediaWish } from 'magpie-client/devices'
import type { Device, Wants } from '../check/check'
import { acquireWithin, stopAll, type ChosenDevices } from './local'

/** What the person is about to do; it words the check's last button. */
export type Purpose = 'call' | 'answer' | 'rejoin' | 'switchOn'

export interface Preparation {
  wants: Wants
  purpose: Purpose
  chosen: ChosenDevices
  /** Keeps what the person chose in the check for the calls to come. */
  remember: (chosen: Partial<ChosenDevices>) => void
  /** Ends the preparation: the call it is for is over. */
  signal: AbortSignal
}

/** `stream: null` only listens. */
export type Prepared = { ok: true; stream: MediaStream | null; chosen: ChosenDevices } | { ok: false }

/** Asks the person, in the pre-call check. Given by the view, so that this file draws nothing. */
export type AskPerson = (preparation: Preparation, asked: ReturnType<typeof acquireWithin>) => Promise<Prepared>

/**
 * Opens the devices a call needs. When all goes well the person sees nothing of it; when something fails, or the
 * browser's own question stays open, `ask` shows the check.
 */
export async function prepare(preparation: Preparation, ask: AskPerson): Promise<Prepared> {
  const { signal, chosen } = preparation
  const wish = wishOf(preparation)
  if (wish.audio === false && wish.video === false) return { ok: true, stream: null, chosen }
  const asked = acquireWithin(wish)
  const patience = (await isGranted(preparation.wants)) ? OPENING_MS : QUESTION_MS
  const soon = await Promise.race([asked, waited(patience)])
  if (isOver(signal)) return abandon(asked)
  if (soon?.ok && !soon.missing) return { ok: true, stream: soon.stream, chosen }
  const wants = { audio: wish.audio !== false, video: wish.video !== false }
  const prepared = await ask({ ...preparation, wants }, asked)
  return isOver(signal) ? discard(prepared) : prepared
}

/** From here on calls begin without these devices and without asking, until a device is plugged in or the page is loaded again. */
export function goWithout(skipped: Partial<Record<Device, MediaFailure>>): void {
  for (const device of Object.keys(skipped) as Device[]) without.add(device)
  if ('mediaDevices' in navigator)
    navigator.mediaDevices.addEventListener('devicechange', () => without.clear(), { once: true })
}

const without = new Set<Device>()

function wishOf({ wants, chosen }: Preparation): MediaWish {
  return {
    audio: wants.audio && !without.has('microphone') && (chosen.microphone ?? true),
    video: wants.video && !without.has('camera') && (chosen.camera ?? true),
  }
}

function discard(prepared: Prepared): Prepared {
  if (prepared.ok && prepared.stream) stopAll(prepared.stream)
  return { ok: false }
}

/** A function, so that two readings with a wait between them may differ. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted
}

function abandon(asked: ReturnType<typeof acquireWithin>): Prepared {
  void asked.then((acquired) => acquired.ok && stopAll(acquired.stream))
  return { ok: false }
}

async function isGranted({ audio, video }: Wants): Promise<boolean> {
  const names = [...(audio ? ['microphone'] : []), ...(video ? ['camera'] : [])]
  try {
    const states = await Promise.all(names.map((name) => navigator.permissions.query({ name: name as PermissionName })))
    return states.every(({ state }) => state === 'granted')
  } catch {
    return false // the browser does not tell; its question may be open
  }
}

function waited(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(() => resolve(null), ms))
}

/** How long allowed devices may take to open before we say something. */
const OPENING_MS = 4000
/** How soon we explain the browser's question. */
const QUESTION_MS = 600
