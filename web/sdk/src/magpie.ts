import { Call } from './call'
import { Emitter } from './emitter'
import { MagpieError } from './error'
import type { IdentityStore } from './identity'
import type { Card, Me, MediaChoice, OneTimeCode, ProfileChange, SessionState } from './types'

/** How to reach the server and what to be there. */
export interface MagpieOptions {
  /** Origin of the server, `https://host:port`; the page's own by default. */
  readonly server?: string
  /** Name of this device as its owner sees it; guessed from the browser by default. */
  readonly label?: string
  /** `relay` hides my address from the people I talk to. */
  readonly policy?: RTCIceTransportPolicy
  readonly storage?: IdentityStore
}

/** Events of the session. */
export interface MagpieEvents {
  session: SessionState
  call: Call | null
  incoming: Call
  'link-request': { readonly device: string; readonly label: string }
  linked: Me
}

/** A session with one server: who I am, whom I know, and the call I am in. */
export class Magpie extends Emitter<MagpieEvents> {
  policy: RTCIceTransportPolicy

  constructor(options: MagpieOptions = {}) {
    super()
    this.policy = options.policy ?? 'all'
  }

  get session(): SessionState {
    return { kind: 'starting' }
  }
  get call(): Call | null {
    return null
  }

  start(): Promise<void> {
    return Promise.resolve()
  }
  stop(): void {}
  takeOver(): void {}
  dial(_to: string, media: MediaChoice): Call {
    return new Call('', 'caller', { id: '', number: null, handle: null, name: null }, media.media)
  }
  lookup(_who: string): Promise<Card> {
    return Promise.reject(new MagpieError('stopped'))
  }
  setProfile(_change: ProfileChange): Promise<Me> {
    return Promise.reject(new MagpieError('stopped'))
  }
  addContact(_id: string, _name?: string): Promise<void> {
    return Promise.reject(new MagpieError('stopped'))
  }
  removeContact(_id: string): Promise<void> {
    return Promise.reject(new MagpieError('stopped'))
  }
  block(_id: string): Promise<void> {
    return Promise.reject(new MagpieError('stopped'))
  }
  unblock(_id: string): Promise<void> {
    return Promise.reject(new MagpieError('stopped'))
  }
  missedSeen(_upTo: number): Promise<void> {
    return Promise.reject(new MagpieError('stopped'))
  }
  createInvite(): Promise<OneTimeCode> {
    return Promise.reject(new MagpieError('stopped'))
  }
  offerLink(): Promise<OneTimeCode> {
    return Promise.reject(new MagpieError('stopped'))
  }
  claimLink(_code: string): Promise<void> {
    return Promise.reject(new MagpieError('stopped'))
  }
  approveLink(_device: string): Promise<void> {
    return Promise.reject(new MagpieError('stopped'))
  }
  rejectLink(_device: string): Promise<void> {
    return Promise.reject(new MagpieError('stopped'))
  }
  unlink(_device: string): Promise<void> {
    return Promise.reject(new MagpieError('stopped'))
  }
}

/** Whether this browser wants `webrtc-adapter` loaded before the first call. */
export function needsAdapter(): boolean {
  return typeof RTCPeerConnection === 'undefined' || !('setRemoteDescription' in RTCPeerConnection.prototype)
}
