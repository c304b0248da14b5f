import { Emitter } from './emitter'
import { MagpieError } from './error'
import type { Card, CallState, MediaChoice, MediaKind, PeerMedia } from './types'

/** Events of a call; the value is what changed. */
export interface CallEvents {
  state: CallState
  remote: MediaStream
  'peer-media': PeerMedia
  screen: MediaStream | null
}

/** One call, from dialling or ringing to its end. */
export class Call extends Emitter<CallEvents> {
  readonly id: string
  readonly role: 'caller' | 'callee'
  readonly peer: Card
  readonly media: MediaKind

  constructor(id: string, role: 'caller' | 'callee', peer: Card, media: MediaKind) {
    super()
    this.id = id
    this.role = role
    this.peer = peer
    this.media = media
  }

  get state(): CallState {
    return { kind: 'dialing' }
  }
  /** Camera and microphone of the other side; one object for the whole call, its tracks change. */
  readonly remote: MediaStream = new MediaStream()
  get remoteScreen(): MediaStream | null {
    return null
  }
  get peerMedia(): PeerMedia {
    return { audio: false, video: false, screen: false }
  }
  get screen(): MediaStream | null {
    return null
  }
  get connection(): RTCPeerConnection | null {
    return null
  }

  accept(_choice: MediaChoice): void {}
  rejoin(_choice: MediaChoice): void {}
  decline(_reason?: string): void {}
  hangUp(): void {}
  setTrack(_kind: MediaKind, _track: MediaStreamTrack | null): Promise<void> {
    return Promise.reject(new MagpieError('ended'))
  }
  setEnabled(_kind: MediaKind, _on: boolean): void {}
  shareScreen(_stream: MediaStream): Promise<void> {
    return Promise.reject(new MagpieError('ended'))
  }
  stopScreen(): Promise<void> {
    return Promise.reject(new MagpieError('ended'))
  }
}
