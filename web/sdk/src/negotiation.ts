import type { SignalData } from './wire'

type Description = Extract<SignalData, { description: unknown }>['description']

/** The part of a connection that negotiation works on. */
export type Negotiable = Pick<
  RTCPeerConnection,
  | 'signalingState'
  | 'iceGatheringState'
  | 'localDescription'
  | 'setLocalDescription'
  | 'setRemoteDescription'
  | 'addIceCandidate'
  | 'onnegotiationneeded'
  | 'onicecandidate'
> & { createOffer(): Promise<RTCSessionDescriptionInit> }

/** What a negotiation needs from its connection's owner. */
export interface NegotiationOwner {
  send(data: SignalData): void
  /** A remote offer is in place; whatever shall be in the answer is set up now. */
  offered(): void
  /** An exchange is complete. */
  settled(): void
}

/**
 * Perfect negotiation, as in the W3C sample (WebRTC 1.0, section 10.7): either side may offer at any time; the polite side gives way.
 *
 * One thing differs: the polite side sets its own offer only once it is answered, so giving way is forgetting the offer and never a
 * rollback. A rollback leaves Chromium (seen in 156) with a remote video track that never gets another frame, and without
 * one both sides exchange the same messages.
 *
 * Until `open` nothing is sent: the offer and the candidates gathered meanwhile go out then as one description.
 */
export class Negotiation {
  readonly #pc: Negotiable
  readonly #polite: boolean
  readonly #owner: NegotiationOwner
  #makingOffer = false
  /** The polite side's offer under way. */
  #proposed: RTCSessionDescriptionInit | null = null
  /** Counts remote offers: one that comes while ours is being made overtakes it. */
  #offersHeard = 0
  #ignoreOffer = false
  #answerPending = false
  #open = false

  constructor(pc: Negotiable, polite: boolean, owner: NegotiationOwner) {
    this.#pc = pc
    this.#polite = polite
    this.#owner = owner
    pc.onnegotiationneeded = () => void this.#offer()
    pc.onicecandidate = ({ candidate }) => this.#gathered(candidate)
  }

  /** From here on the other side may hear us. */
  open(): void {
    if (this.#open) return
    this.#open = true
    if (this.#pc.localDescription === null) return
    this.#sendDescription()
    if (this.#pc.iceGatheringState === 'complete') this.#owner.send({ candidate: null })
  }

  /**
   * Takes the other side's description.
   *
   * @throws when the browser cannot apply it
   */
  async description(description: Description): Promise<void> {
    const readyForOffer = !this.#makingOffer && (this.#pc.signalingState === 'stable' || this.#answerPending)
    const collision = description.type === 'offer' && !readyForOffer
    this.#ignoreOffer = !this.#polite && collision
    if (this.#ignoreOffer) return
    if (description.type === 'offer') this.#giveWay()
    this.#answerPending = description.type === 'answer'
    try {
      await this.#apply(description)
    } finally {
      this.#answerPending = false
    }
    if (description.type === 'offer') await this.#answer()
    this.#owner.settled()
  }

  /** Takes a candidate; errors of an offer we ignored are expected. */
  async candidate(candidate: RTCIceCandidateInit | null): Promise<void> {
    try {
      await this.#pc.addIceCandidate(candidate)
    } catch (error) {
      // The end of candidates of a description replaced meanwhile is no loss either.
      if (!this.#ignoreOffer && candidate !== null) throw error
    }
  }

  async #offer(): Promise<void> {
    try {
      this.#makingOffer = true
      await (this.#polite ? this.#propose() : this.#impose())
    } catch {
      // Closed meanwhile, or overtaken by a remote offer: the browser asks again when it is stable.
    } finally {
      this.#makingOffer = false
    }
  }

  async #impose(): Promise<void> {
    await this.#pc.setLocalDescription()
    this.#sendDescription()
  }

  async #propose(): Promise<void> {
    const heard = this.#offersHeard
    const offer = await this.#pc.createOffer()
    if (heard !== this.#offersHeard || this.#pc.signalingState !== 'stable') return
    this.#proposed = offer
    this.#send(offer)
  }

  #giveWay(): void {
    this.#offersHeard += 1
    this.#proposed = null
  }

  async #apply(description: Description): Promise<void> {
    const proposed = this.#proposed
    this.#proposed = null
    // Both are queued before anything is awaited: candidates that follow the answer queue up behind them.
    const ours = proposed === null ? null : this.#pc.setLocalDescription(proposed)
    const theirs = this.#pc.setRemoteDescription(description)
    await Promise.all([ours, theirs])
  }

  async #answer(): Promise<void> {
    this.#owner.offered()
    await this.#impose()
  }

  #gathered(candidate: RTCIceCandidate | null): void {
    if (!this.#open || candidate?.candidate === '') return
    this.#owner.send({ candidate: candidate === null ? null : candidate.toJSON() })
  }

  #sendDescription(): void {
    if (this.#pc.localDescription !== null) this.#send(this.#pc.localDescription)
  }

  #send({ type, sdp }: RTCSessionDescriptionInit): void {
    if (this.#open) this.#owner.send({ description: { type, sdp: sdp ?? '' } })
  }
}
