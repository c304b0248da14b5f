import type { Call } from './call'

/** How a call fares, and where the trouble lies. */
export interface Quality {
  readonly level: 'good' | 'fair' | 'weak'
  /** Whose side: `mine` when what I send is lost, `theirs` when what they send is. */
  readonly side: 'mine' | 'theirs' | 'unknown'
  readonly relayed: boolean
  /** Milliseconds; null before the first measurement. */
  readonly rttMs: number | null
  /** Share of packets lost on the way to me, 0 to 1. */
  readonly lossIn: number
  /** Share of packets lost on the way to the other, 0 to 1, as the other reports it. */
  readonly lossOut: number
  /** Decoded frames per second; null without video. */
  readonly fps: number | null
  /** Bits per second. */
  readonly bitrateIn: number
  readonly bitrateOut: number
}

/** Counters of one moment, summed over all streams. */
export interface Counters {
  /** Milliseconds. */
  readonly at: number
  readonly received: number
  readonly lost: number
  readonly sent: number
  /** Lost of what I sent, as the other side reports. */
  readonly sentLost: number
  readonly framesDecoded: number | null
  readonly bytesIn: number
  readonly bytesOut: number
  readonly rttMs: number | null
  readonly relayed: boolean
}

type Entry = Readonly<Record<string, unknown>>
export type Report = ReadonlyMap<string, Entry>

const PERIOD_MS = 2_000
/** Above these shares of loss people hear it, and above the second they complain; round trips in milliseconds. */
const FAIR = { loss: 0.03, rttMs: 350 }
const WEAK = { loss: 0.1, rttMs: 700 }

/**
 * Measures a call every two seconds.
 *
 * @returns a function that stops it
 */
export function watchQuality(call: Call, listener: (quality: Quality) => void): () => void {
  let before: Counters | null = null
  let connection: RTCPeerConnection | null = null
  const measure = async () => {
    const current = call.connection
    if (current !== connection) before = null // another connection counts from zero
    connection = current
    if (current?.connectionState !== 'connected') return
    const counters = count(await current.getStats(), Date.now())
    if (before !== null && live) listener(judge(before, counters))
    before = counters
  }
  let live = true
  const timer = setInterval(() => void measure(), PERIOD_MS)
  void measure()
  return () => {
    live = false
    clearInterval(timer)
  }
}

/** Sums what matters of a statistics report (W3C webrtc-stats). */
export function count(report: Report, at: number): Counters {
  const entries = [...report.values()]
  const inbound = entries.filter(({ type }) => type === 'inbound-rtp')
  const remote = entries.filter(({ type }) => type === 'remote-inbound-rtp')
  const video = inbound.filter(({ kind }) => kind === 'video')
  const pair = selectedPair(report)
  return {
    at,
    received: sum(inbound, 'packetsReceived'),
    lost: sum(inbound, 'packetsLost'),
    sent: sum(
      entries.filter(({ type }) => type === 'outbound-rtp'),
      'packetsSent',
    ),
    sentLost: sum(remote, 'packetsLost'),
    framesDecoded: video.length > 0 ? sum(video, 'framesDecoded') : null,
    bytesIn: number(pair?.bytesReceived) ?? 0,
    bytesOut: number(pair?.bytesSent) ?? 0,
    rttMs: roundTrip(pair, remote),
    relayed: [pair?.localCandidateId, pair?.remoteCandidateId].some(
      (id) => report.get(String(id))?.candidateType === 'relay',
    ),
  }
}

/** Compares two moments. */
export function judge(before: Counters, after: Counters): Quality {
  const seconds = Math.max(0.001, (after.at - before.at) / 1_000)
  const lossIn = share(after.lost - before.lost, after.received - before.received)
  // What I sent counts lost and arrived alike.
  const lossOut = Math.min(1, Math.max(0, after.sentLost - before.sentLost) / Math.max(1, after.sent - before.sent))
  const level = grade(Math.max(lossIn, lossOut), after.rttMs ?? 0)
  return {
    level,
    side: level === 'good' ? 'unknown' : blame(lossIn, lossOut),
    relayed: after.relayed,
    rttMs: after.rttMs,
    lossIn,
    lossOut,
    fps: after.framesDecoded === null ? null : Math.max(0, after.framesDecoded - (before.framesDecoded ?? 0)) / seconds,
    bitrateIn: rate(after.bytesIn - before.bytesIn, seconds),
    bitrateOut: rate(after.bytesOut - before.bytesOut, seconds),
  }
}

function grade(loss: number, rttMs: number): Quality['level'] {
  if (loss >= WEAK.loss || rttMs >= WEAK.rttMs) return 'weak'
  return loss >= FAIR.loss || rttMs >= FAIR.rttMs ? 'fair' : 'good'
}

/** Loss on one direction only points at the sender's uplink; on both it could be either's. */
function blame(lossIn: number, lossOut: number): Quality['side'] {
  if (lossOut >= FAIR.loss && lossOut > 2 * lossIn) return 'mine'
  if (lossIn >= FAIR.loss && lossIn > 2 * lossOut) return 'theirs'
  return 'unknown'
}

function selectedPair(report: Report): Entry | undefined {
  const entries = [...report.values()]
  const transport = entries.find(
    ({ type, selectedCandidatePairId }) => type === 'transport' && typeof selectedCandidatePairId === 'string',
  )
  if (transport !== undefined) return report.get(String(transport.selectedCandidatePairId))
  // Firefox names the pair in its own entry.
  return entries.find(
    ({ type, nominated, state }) => type === 'candidate-pair' && nominated === true && state === 'succeeded',
  )
}

function roundTrip(pair: Entry | undefined, remote: readonly Entry[]): number | null {
  const seconds =
    number(pair?.currentRoundTripTime) ??
    remote.map(({ roundTripTime }) => number(roundTripTime)).find((value) => value !== null) ??
    null
  return seconds === null ? null : Math.round(seconds * 1_000)
}

function sum(entries: readonly Entry[], field: string): number {
  return entries.reduce((total, entry) => total + (number(entry[field]) ?? 0), 0)
}

function number(value: unknown): number | null {
  return typeof value === 'number' ? value : null
}

function share(lost: number, received: number): number {
  const all = Math.max(0, lost) + Math.max(0, received)
  return all === 0 ? 0 : Math.max(0, lost) / all
}

function rate(bytes: number, seconds: number): number {
  return Math.round((Math.max(0, bytes) * 8) / seconds)
}
