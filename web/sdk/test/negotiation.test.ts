import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Negotiation } from '../src/negotiation'
import type { SignalData } from '../src/wire'
import { FakeConnection } from './fake-connection'

beforeEach(() => vi.useFakeTimers({ now: 0 }))
afterEach(() => vi.useRealTimers())

describe('negotiation', () => {
  it('agrees on what the caller offers', async () => {
    const { caller, callee } = couple(1)
    caller.pc.want('audio')
    await vi.runAllTimersAsync()
    expect([caller.pc.agreed, callee.pc.agreed]).toEqual([new Set(['audio']), new Set(['audio'])])
  })

  it('agrees on what the callee offers', async () => {
    const { caller, callee } = couple(1)
    callee.pc.want('screen')
    await vi.runAllTimersAsync()
    expect(caller.pc.agreed).toEqual(new Set(['screen']))
    expect(callee.pc.signalingState).toBe('stable')
  })

  it('agrees on both when both offer at once, without a rollback', async () => {
    const { caller, callee } = couple(1)
    caller.pc.want('screen of the caller')
    callee.pc.want('screen of the callee')
    await vi.runAllTimersAsync()
    expect(caller.pc.agreed).toEqual(new Set(['screen of the caller', 'screen of the callee']))
    expect(callee.pc.agreed).toEqual(caller.pc.agreed)
    expect([caller.pc.rollbacks, callee.pc.rollbacks]).toEqual([0, 0])
  })

  it.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
    'is never stuck over 50 simultaneous offers (seed %i)',
    async (seed) => {
      const { caller, callee, random } = couple(seed)
      for (let i = 0; i < 50; i++) {
        caller.pc.want(`caller ${i}`)
        callee.pc.want(`callee ${i}`)
        await vi.advanceTimersByTimeAsync(random() * 60)
      }
      await vi.runAllTimersAsync()
      expect([caller.pc.signalingState, callee.pc.signalingState]).toEqual(['stable', 'stable'])
      expect(caller.pc.agreed.size).toBe(100)
      expect(callee.pc.agreed).toEqual(caller.pc.agreed)
      expect([...caller.errors, ...callee.errors]).toEqual([])
      expect(caller.pc.rollbacks + callee.pc.rollbacks).toBe(0)
    },
  )

  it('sends nothing until it is opened, and then one description with all that was gathered', async () => {
    const { caller, sent } = couple(1, false)
    caller.pc.want('audio')
    await vi.runAllTimersAsync()
    caller.gather('u1')
    expect(sent).toEqual([])
    caller.negotiation.open()
    expect(sent.map((data) => Object.keys(data)[0])).toEqual(['description', 'candidate'])
    expect(sent[1]).toEqual({ candidate: null })
  })

  it('trickles what is gathered once it is open', async () => {
    const { caller, callee, sent } = couple(1)
    caller.pc.want('audio')
    await vi.runAllTimersAsync()
    caller.gather('u1')
    await vi.runAllTimersAsync()
    expect(sent.at(-1)).toMatchObject({ candidate: { usernameFragment: 'u1' } })
    expect(callee.errors).toEqual([])
  })

  it('reports a candidate the browser cannot take, unless it belongs to an offer that was ignored', async () => {
    const { caller, callee } = couple(1)
    caller.pc.want('audio')
    await vi.runAllTimersAsync()
    callee.gather('unheard of')
    await vi.runAllTimersAsync()
    expect(caller.errors).toHaveLength(1)
  })

  it('passes over the end of candidates of a description that is gone', async () => {
    const { caller } = couple(1)
    vi.spyOn(caller.pc, 'addIceCandidate').mockRejectedValue(new DOMException('closed', 'InvalidStateError'))
    await expect(caller.negotiation.candidate(null)).resolves.toBeUndefined()
  })
})

/** A caller and a callee, with a way between them that keeps the order and takes its time. */
function couple(seed: number, open = true) {
  let state = seed
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  const wait = () => new Promise<void>((resolve) => setTimeout(resolve, random() * 20))
  const sent: SignalData[] = []
  const side = (polite: boolean, other: () => ReturnType<typeof make>) =>
    make(polite, wait, (data) => {
      sent.push(data)
      void other().hear(data)
    })
  const caller: ReturnType<typeof make> = side(false, () => callee)
  const callee: ReturnType<typeof make> = side(true, () => caller)
  if (open) for (const { negotiation } of [caller, callee]) negotiation.open()
  return { caller, callee, random, sent }
}

function make(polite: boolean, wait: () => Promise<void>, send: (data: SignalData) => void) {
  const pc = new FakeConnection(wait)
  const errors: unknown[] = []
  const negotiation = new Negotiation(pc, polite, { send, offered: () => undefined, settled: () => undefined })
  let way = Promise.resolve()
  const hear = (data: SignalData) => {
    way = way.then(wait).then(() => {
      const taken =
        'description' in data
          ? negotiation.description(data.description)
          : 'candidate' in data
            ? negotiation.candidate(data.candidate)
            : null
      taken?.catch((error: unknown) => errors.push(error))
    })
    return way
  }
  const gather = (ufrag: string) => {
    const init = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0, usernameFragment: ufrag }
    const event = { candidate: { ...init, toJSON: () => init } } as unknown as RTCPeerConnectionIceEvent
    pc.onicecandidate?.call(pc as unknown as RTCPeerConnection, event)
  }
  return { pc, negotiation, errors, hear, gather }
}
