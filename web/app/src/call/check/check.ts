import type { MediaFailure } from 'magpie-client/devices'

/** The pre-call check: what is known about each of the two devices. */
export interface Check {
  camera: Part
  microphone: Part
  /** Whether anything failed so far: only then does the person decide when to go on. */
  failedOnce: boolean
}

export type Part =
  | { kind: 'unwanted' }
  | { kind: 'asking' }
  | { kind: 'works' }
  | { kind: 'failed'; why: MediaFailure }
  /** Failed before, and the person goes on without it. */
  | { kind: 'skipped'; why: MediaFailure }

export type CheckEvent =
  /** What came of asking for these devices; those not named were not asked for. */
  | { type: 'answered'; camera?: MediaFailure | null; microphone?: MediaFailure | null }
  | { type: 'skip'; device: Device }

export type Device = 'camera' | 'microphone'

/** The devices a call needs: `audio` the microphone, `video` the camera. */
export interface Wants {
  audio: boolean
  video: boolean
}

/** The check of a call that wants these devices, before anybody was asked. */
export function firstCheck(wants: Wants): Check {
  return {
    camera: wants.video ? { kind: 'asking' } : { kind: 'unwanted' },
    microphone: wants.audio ? { kind: 'asking' } : { kind: 'unwanted' },
    failedOnce: false,
  }
}

/** The one place where a check changes. */
export function reduceCheck(check: Check, event: CheckEvent): Check {
  switch (event.type) {
    case 'answered':
      return {
        camera: answer(check.camera, event.camera),
        microphone: answer(check.microphone, event.microphone),
        failedOnce: check.failedOnce || Boolean(event.camera) || Boolean(event.microphone),
      }
    case 'skip':
      return { ...check, [event.device]: skipped(check[event.device]) }
  }
}

/** `waiting`: the browser is being asked. `broken`: something failed and is neither fixed nor skipped. `ready`: the call may begin. */
export function standing(check: Check): 'waiting' | 'broken' | 'ready' {
  const parts = [check.camera, check.microphone]
  if (parts.some((part) => part.kind === 'failed')) return 'broken'
  return parts.some((part) => part.kind === 'asking') ? 'waiting' : 'ready'
}

/** Which devices are still to be opened. */
export function wanted(check: Check): { audio: boolean; video: boolean } {
  const open = (part: Part) => part.kind === 'asking' || part.kind === 'failed'
  return { audio: open(check.microphone), video: open(check.camera) }
}

/**
 * When it is worth asking again without the person.
 * `poll`: the cause goes away without an event of the browser. `event`: `devicechange` or a changed permission tells.
 * `never`: asking would open a question the person has just closed, or can never help.
 */
export function retries(why: MediaFailure): 'poll' | 'event' | 'never' {
  switch (why) {
    case 'in-use':
    case 'denied-by-system':
      return 'poll'
    case 'denied':
    case 'not-found':
    case 'constraint':
      return 'event'
    case 'dismissed':
    case 'insecure':
    case 'unsupported':
    case 'unknown':
      return 'never'
  }
}

/** What is wrong now, device by device, in the order to show it; one entry for both where the cause is the same. */
export function troubles(check: Check): { device: Device | 'both'; why: MediaFailure }[] {
  const { camera, microphone } = check
  if (camera.kind === 'failed' && microphone.kind === 'failed' && camera.why === microphone.why) {
    return [{ device: 'both', why: camera.why }]
  }
  return [
    ...(microphone.kind === 'failed' ? [{ device: 'microphone' as const, why: microphone.why }] : []),
    ...(camera.kind === 'failed' ? [{ device: 'camera' as const, why: camera.why }] : []),
  ]
}

/** The soonest kind of retry any failed device hopes for. */
export function checkRetries(check: Check): 'poll' | 'event' | 'never' {
  const hopes = [check.camera, check.microphone].map((part) => (part.kind === 'failed' ? retries(part.why) : 'never'))
  if (hopes.includes('poll')) return 'poll'
  return hopes.includes('event') ? 'event' : 'never'
}

/** Failures the person went on without, to be remembered so that the next call does not ask again. */
export function skips(check: Check): Partial<Record<Device, MediaFailure>> {
  const { camera, microphone } = check
  return {
    ...(camera.kind === 'skipped' ? { camera: camera.why } : {}),
    ...(microphone.kind === 'skipped' ? { microphone: microphone.why } : {}),
  }
}

function answer(part: Part, why: MediaFailure | null | undefined): Part {
  if (why === undefined || part.kind === 'unwanted' || part.kind === 'skipped') return part
  return why === null ? { kind: 'works' } : { kind: 'failed', why }
}

function skipped(part: Part): Part {
  return part.kind === 'failed' ? { kind: 'skipped', why: part.why } : part
}
