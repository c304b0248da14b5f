import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { PATIENCE, Recovery } from '../src/recovery'

beforeEach(() => vi.useFakeTimers({ now: 0 }))
afterEach(() => vi.useRealTimers())

describe('recovery', () => {
  it('leaves a disconnected path two seconds to heal by itself', () => {
    const { recovery, restarts } = watch('caller')
    recovery.ice('disconnected')
    vi.advanceTimersByTime(1_999)
    recovery.ice('connected')
    vi.advanceTimersByTime(60_000)
    expect(restarts).toEqual([])
  })

  it('restarts a path that stays disconnected', () => {
    const { recovery, restarts } = watch('caller')
    recovery.ice('disconnected')
    vi.advanceTimersByTime(2_000)
    expect(restarts).toEqual([2_000])
  })

  it('restarts a failed path at once, and the callee a little later', () => {
    const caller = watch('caller')
    const callee = watch('callee')
    caller.recovery.ice('failed')
    callee.recovery.ice('failed')
    vi.advanceTimersByTime(1_000)
    expect(caller.restarts).toEqual([0])
    expect(callee.restarts).toEqual([400])
  })

  it('does not wait longer because of a second sign', () => {
    const { recovery, restarts } = watch('caller')
    recovery.ice('disconnected')
    vi.advanceTimersByTime(1_500)
    recovery.ice('disconnected')
    vi.advanceTimersByTime(500)
    expect(restarts).toEqual([2_000])
  })

  it('tries again for as long as the path is down', () => {
    const { recovery, restarts } = watch('caller')
    recovery.ice('failed')
    vi.advanceTimersByTime(45_000)
    expect(restarts).toEqual([0, 8_000, 18_000, 30_000, 44_000])
  })

  it('holds back while signalling is down, and acts when it is back', () => {
    const { recovery, restarts } = watch('caller')
    recovery.linkDown()
    recovery.ice('failed')
    vi.advanceTimersByTime(20_000)
    expect(restarts).toEqual([])
    recovery.linkUp(false)
    vi.advanceTimersByTime(0)
    expect(restarts).toEqual([20_000])
  })

  it('leaves a direct path alone when signalling comes back', () => {
    const { recovery, restarts } = watch('caller')
    recovery.ice('connected')
    recovery.linkDown()
    recovery.linkUp(false)
    vi.advanceTimersByTime(60_000)
    expect(restarts).toEqual([])
  })

  it('restarts a suspect path once, also while it looks alive', () => {
    const { recovery, restarts } = watch('caller')
    recovery.ice('connected')
    recovery.linkDown()
    recovery.linkUp(true)
    vi.advanceTimersByTime(60_000)
    expect(restarts).toEqual([0])
  })

  it('acts at once on a change of network', () => {
    const { recovery, restarts } = watch('callee')
    recovery.ice('connected')
    recovery.networkChanged()
    vi.advanceTimersByTime(0)
    expect(restarts).toEqual([0])
  })

  it('lets the other side’s restart go first', () => {
    const { recovery, restarts } = watch('callee')
    recovery.ice('failed')
    recovery.negotiated()
    vi.advanceTimersByTime(3_000)
    recovery.ice('connected')
    vi.advanceTimersByTime(60_000)
    expect(restarts).toEqual([])
  })

  it('acts itself when the other side’s restart does not help', () => {
    const { recovery, restarts } = watch('callee')
    recovery.ice('failed')
    recovery.negotiated()
    vi.advanceTimersByTime(6_000)
    expect(restarts).toEqual([6_000])
  })

  it('does nothing once closed', () => {
    const { recovery, restarts } = watch('caller')
    recovery.ice('failed')
    recovery.close()
    vi.advanceTimersByTime(60_000)
    expect(restarts).toEqual([])
  })
})

function watch(role: 'caller' | 'callee') {
  const restarts: number[] = []
  return { recovery: new Recovery(PATIENCE[role], () => restarts.push(Date.now())), restarts }
}
