import { whenEnding, type Side } from './demo'

/** What a side without a library of its own hands to the other through its protocol. */
export type Word =
  | { kind: 'offer' | 'answer'; description: RTCSessionDescriptionInit }
  | { kind: 'candidate'; candidate: RTCIceCandidateInit }

/** A bare connection, as tutorials drive theirs: one side offers, the other answers, candidates trickle. */
export class Connection {
  readonly #pc: RTCPeerConnection
  readonly #side: Side
  readonly #send: (word: Word) => void

  constructor(side: Side, configuration: RTCConfiguration, ending: AbortSignal, send: (word: Word) => void) {
    const pc = new RTCPeerConnection(configuration)
    whenEnding(ending, () => pc.close())
    for (const track of side.stream.getTracks()) pc.addTrack(track, side.stream)
    pc.ontrack = ({ streams: [remote] }) => remote && side.show(remote)
    pc.onicecandidate = ({ candidate }) => candidate && send({ kind: 'candidate', candidate: candidate.toJSON() })
    this.#pc = pc
    this.#side = side
    this.#send = send
  }

  async offer(): Promise<void> {
    this.#side.at('calling')
    await this.#say('offer')
  }

  async hear(word: Word): Promise<void> {
    if (word.kind === 'candidate') return this.#pc.addIceCandidate(word.candidate)
    await this.#pc.setRemoteDescription(word.description)
    if (word.kind === 'answer') return
    this.#side.at('answering')
    await this.#say('answer')
  }

  async #say(kind: 'offer' | 'answer'): Promise<void> {
    await this.#pc.setLocalDescription()
    const description = this.#pc.localDescription?.toJSON() as RTCSessionDescriptionInit
    this.#send({ kind, description })
  }
}
