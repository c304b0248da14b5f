import { describe, expect, it } from 'vitest'
import { count, judge, type Counters } from '../src/quality'

const START: Counters = {
  at: 0,
  received: 0,
  lost: 0,
  sent: 0,
  sentLost: 0,
  framesDecoded: 0,
  bytesIn: 0,
  bytesOut: 0,
  rttMs: 20,
  relayed: false,
}

describe('quality', () => {
  it('is good without loss', () => {
    expect(after({ received: 100, sent: 100 })).toMatchObject({ level: 'good', side: 'unknown', lossIn: 0, lossOut: 0 })
  })

  it('blames my side for what I send and they do not get', () => {
    expect(after({ received: 100, sent: 100, sentLost: 20 })).toMatchObject({
      level: 'weak',
      side: 'mine',
      lossOut: 0.2,
    })
  })

  it('blames their side for what they send and I do not get', () => {
    expect(after({ received: 95, lost: 5, sent: 100 })).toMatchObject({ level: 'fair', side: 'theirs', lossIn: 0.05 })
  })

  it('blames nobody when both directions lose alike', () => {
    expect(after({ received: 90, lost: 10, sent: 100, sentLost: 10 })).toMatchObject({ level: 'weak', side: 'unknown' })
  })

  it('is weak over a very long way', () => {
    expect(after({ received: 100, sent: 100, rttMs: 900 })).toMatchObject({
      level: 'weak',
      side: 'unknown',
      rttMs: 900,
    })
  })

  it('counts frames and bits by the second', () => {
    expect(after({ at: 2_000, framesDecoded: 60, bytesIn: 250_000, bytesOut: 1_000 })).toMatchObject({
      fps: 30,
      bitrateIn: 1_000_000,
      bitrateOut: 4_000,
    })
  })

  it('never reports a negative loss, as counters may be corrected downwards', () => {
    expect(after({ received: 100, lost: -3, sent: 10, sentLost: -2 })).toMatchObject({ lossIn: 0, lossOut: 0 })
  })
})

describe('statistics', () => {
  const entries: Record<string, Record<string, unknown>> = {
    t: { type: 'transport', selectedCandidatePairId: 'p' },
    p: {
      type: 'candidate-pair',
      localCandidateId: 'l',
      remoteCandidateId: 'r',
      currentRoundTripTime: 0.05,
      bytesReceived: 7,
      bytesSent: 9,
    },
    old: { type: 'candidate-pair', nominated: true, state: 'succeeded', bytesReceived: 999 },
    l: { type: 'local-candidate', candidateType: 'host' },
    r: { type: 'remote-candidate', candidateType: 'relay' },
    a: { type: 'inbound-rtp', kind: 'audio', packetsReceived: 10, packetsLost: 1 },
    v: { type: 'inbound-rtp', kind: 'video', packetsReceived: 20, packetsLost: 2, framesDecoded: 5 },
    o: { type: 'outbound-rtp', kind: 'video', packetsSent: 30 },
    ri: { type: 'remote-inbound-rtp', packetsLost: 3 },
  }

  const without = (id: string) => new Map(Object.entries(entries).filter(([key]) => key !== id))

  it('are summed over streams, and read from the pair in use', () => {
    expect(count(new Map(Object.entries(entries)), 5)).toEqual({
      at: 5,
      received: 30,
      lost: 3,
      sent: 30,
      sentLost: 3,
      framesDecoded: 5,
      bytesIn: 7,
      bytesOut: 9,
      rttMs: 50,
      relayed: true,
    })
  })

  it('find the pair also where no transport names it', () => {
    expect(count(without('t'), 5).bytesIn).toBe(999)
  })

  it('without video say so', () => {
    expect(count(without('v'), 5).framesDecoded).toBeNull()
  })
})

const after = (change: Partial<Counters>) => judge(START, { ...START, at: 2_000, ...change })
