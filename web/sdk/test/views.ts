import type { View } from '../src/wire'

/** A view of a ringing call, with what matters to a test changed. */
export function view(change: Partial<View>): View {
  return {
    id: 'call',
    v: 1,
    state: 'ringing',
    role: 'callee',
    peer: { id: 'bob', number: null, handle: 'bob', name: null },
    media: { caller: 'video', callee: null },
    startedAt: 0,
    answeredAt: null,
    alerting: false,
    peerHere: false,
    peerEndpoint: null,
    reason: null,
    text: null,
    ...change,
  }
}

/** As much of a MediaStream as a call without a connection needs. */
export class FakeStream {
  readonly #tracks: MediaStreamTrack[] = []
  addTrack(track: MediaStreamTrack): void {
    this.#tracks.push(track)
  }
  removeTrack(track: MediaStreamTrack): void {
    this.#tracks.splice(this.#tracks.indexOf(track), 1)
  }
  getTracks(): MediaStreamTrack[] {
    return [...this.#tracks]
  }
}
