import type { Negotiable } from '../src/negotiation'

/** What a fake description says: everything its maker wants agreed on. */
interface Content {
  readonly features: readonly string[]
  readonly ufrag: string
}

/**
 * The negotiating half of an RTCPeerConnection (WebRTC 1.0, section 4.4): signaling states, the operations chain, implicit rollback
 * and the negotiation-needed flag. Each operation takes a time of its own choosing.
 */
export class FakeConnection implements Negotiable {
  signalingState: RTCSignalingState = 'stable'
  iceGatheringState: RTCIceGatheringState = 'complete'
  localDescription: RTCSessionDescription | null = null
  onnegotiationneeded: ((this: RTCPeerConnection, event: Event) => unknown) | null = null
  onicecandidate: ((this: RTCPeerConnection, event: RTCPeerConnectionIceEvent) => unknown) | null = null
  /** What both sides have agreed on. */
  agreed: ReadonlySet<string> = new Set()
  rollbacks = 0

  readonly #wants = new Set<string>()
  readonly #delay: () => Promise<void>
  #remote: Content | null = null
  #needed = false
  #ufrag = 0
  #chain: Promise<unknown> = Promise.resolve()
  #operations = 0
  #updateWhenIdle = false

  constructor(delay: () => Promise<void>) {
    this.#delay = delay
  }

  /** The page adds a track, a screen, or an ICE restart. */
  want(feature: string): void {
    this.#wants.add(feature)
    this.#update()
  }

  createOffer(): Promise<RTCSessionDescriptionInit> {
    return this.#queue(() => this.#make('offer'))
  }

  setLocalDescription(given?: RTCLocalSessionDescriptionInit): Promise<void> {
    return this.#queue(() => {
      const answering = this.signalingState === 'have-remote-offer'
      const description =
        given === undefined
          ? this.#make(answering ? 'answer' : 'offer')
          : { type: 'offer' as const, sdp: given.sdp ?? '' }
      if (answering !== (description.type === 'answer')) throw new DOMException('wrong state', 'InvalidStateError')
      this.localDescription = { ...description, toJSON: () => description }
      this.signalingState = answering ? 'stable' : 'have-local-offer'
      if (answering) this.#settle(contentOf(description.sdp))
    })
  }

  setRemoteDescription({ type, sdp = '' }: RTCSessionDescriptionInit): Promise<void> {
    return this.#queue(() => {
      if (type === 'offer' && this.signalingState === 'have-local-offer') this.rollbacks += 1
      if (type === 'answer' && this.signalingState !== 'have-local-offer')
        throw new DOMException('wrong state', 'InvalidStateError')
      this.#remote = contentOf(sdp)
      this.signalingState = type === 'offer' ? 'have-remote-offer' : 'stable'
      if (type === 'answer') this.#settle(this.localDescription === null ? null : contentOf(this.localDescription.sdp))
    })
  }

  addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
    return this.#queue(() => {
      const ufrag = candidate?.usernameFragment
      if (ufrag !== undefined && ufrag !== this.#remote?.ufrag)
        throw new DOMException('unknown ufrag', 'OperationError')
    })
  }

  #make(type: 'offer' | 'answer'): { type: 'offer' | 'answer'; sdp: string } {
    const content: Content = { features: [...this.#wants], ufrag: `u${++this.#ufrag}` }
    return { type, sdp: JSON.stringify(content) }
  }

  #settle(local: Content | null): void {
    this.agreed = new Set([...(local?.features ?? []), ...(this.#remote?.features ?? [])])
    this.#needed = false
    this.#update()
  }

  /** The event only comes while no operation is queued (section 4.7.3). */
  #update(): void {
    if (this.#operations > 0) {
      this.#updateWhenIdle = true
      return
    }
    if (this.signalingState !== 'stable' || this.#needed || this.#satisfied()) return
    this.#needed = true
    queueMicrotask(() => this.#fire())
  }

  #fire(): void {
    this.#needed = false
    if (this.#operations > 0 || this.signalingState !== 'stable') {
      this.#updateWhenIdle = true
      return
    }
    if (this.#satisfied()) return
    this.#needed = true
    this.onnegotiationneeded?.call(this as unknown as RTCPeerConnection, new Event('negotiationneeded'))
  }

  #satisfied(): boolean {
    return [...this.#wants].every((feature) => this.agreed.has(feature))
  }

  #queue<T>(operation: () => T): Promise<T> {
    this.#operations += 1
    const done = this.#chain.then(() => this.#delay()).then(operation)
    this.#chain = done
      .catch(() => undefined)
      .then(() => {
        this.#operations -= 1
        if (this.#operations > 0 || !this.#updateWhenIdle) return
        this.#updateWhenIdle = false
        this.#update()
      })
    return done
  }
}

function contentOf(sdp: string): Content {
  return JSON.parse(sdp) as Content
}
