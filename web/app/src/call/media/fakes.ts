/** A track without a device, for tests. A new one is live; `default` is its device unless told otherwise. */
export class FakeTrack extends EventTarget {
  enabled = true
  readyState: 'live' | 'ended' = 'live'
  readonly kind: 'audio' | 'video'
  readonly #device: string

  constructor(kind: 'audio' | 'video', device = 'default') {
    super()
    this.kind = kind
    this.#device = device
  }

  getSettings(): { deviceId: string } {
    return { deviceId: this.#device }
  }

  stop(): void {
    this.readyState = 'ended'
  }

  /** What the browser does when the device goes away. */
  unplug(): void {
    this.readyState = 'ended'
    this.dispatchEvent(new Event('ended'))
  }
}

/** A stream of such tracks. */
export class FakeStream {
  readonly #tracks: Set<FakeTrack>

  constructor(tracks: FakeTrack[] = []) {
    this.#tracks = new Set(tracks)
  }

  getTracks(): FakeTrack[] {
    return [...this.#tracks]
  }

  getAudioTracks(): FakeTrack[] {
    return this.getTracks().filter(({ kind }) => kind === 'audio')
  }

  getVideoTracks(): FakeTrack[] {
    return this.getTracks().filter(({ kind }) => kind === 'video')
  }

  addTrack(track: FakeTrack): void {
    this.#tracks.add(track)
  }

  removeTrack(track: FakeTrack): void {
    this.#tracks.delete(track)
  }
}
