import { describe, expect, it } from 'vitest'
import { checkRetries, firstCheck, reduceCheck, retries, skips, standing, troubles, wanted, type Check } from './check'

describe('the pre-call check', () => {
  it('waits for the browser, then is ready when both devices work', () => {
    const first = firstCheck({ audio: true, video: true })
    expect(standing(first)).toBe('waiting')
    const works = reduceCheck(first, { type: 'answered', camera: null, microphone: null })
    expect(standing(works)).toBe('ready')
    expect(works.failedOnce).toBe(false)
  })

  it('does not ask for the camera of an audio call', () => {
    expect(wanted(firstCheck({ audio: true, video: false }))).toEqual({ audio: true, video: false })
    expect(
      standing(
        reduceCheck(firstCheck({ audio: true, video: false }), { type: 'answered', camera: null, microphone: null }),
      ),
    ).toBe('ready')
  })

  it('is broken until the failed device works or is skipped', () => {
    const broken = noCamera()
    expect(standing(broken)).toBe('broken')
    expect(standing(reduceCheck(broken, { type: 'answered', camera: null, microphone: null }))).toBe('ready')
    expect(standing(reduceCheck(broken, { type: 'skip', device: 'camera' }))).toBe('ready')
  })

  it('lets a person go on with neither, to listen only', () => {
    const neither = reduceCheck(firstCheck({ audio: true, video: true }), {
      type: 'answered',
      camera: 'denied',
      microphone: 'denied',
    })
    const listening = (['camera', 'microphone'] as const).reduce(
      (check, device) => reduceCheck(check, { type: 'skip', device }),
      neither,
    )
    expect(standing(listening)).toBe('ready')
    expect(wanted(listening)).toEqual({ audio: false, video: false })
    expect(skips(listening)).toEqual({ camera: 'denied', microphone: 'denied' })
  })

  it('asks again only for what does not work yet', () => {
    expect(wanted(noCamera())).toEqual({ audio: false, video: true })
    const fixed = reduceCheck(noCamera(), { type: 'answered', camera: null })
    expect(fixed.microphone).toEqual({ kind: 'works' })
    expect(standing(fixed)).toBe('ready')
  })

  it('speaks once of both when the cause is the same', () => {
    const denied = reduceCheck(firstCheck({ audio: true, video: true }), {
      type: 'answered',
      camera: 'denied',
      microphone: 'denied',
    })
    expect(troubles(denied)).toEqual([{ device: 'both', why: 'denied' }])
    const mixed = reduceCheck(firstCheck({ audio: true, video: true }), {
      type: 'answered',
      camera: 'in-use',
      microphone: 'denied',
    })
    expect(troubles(mixed)).toEqual([
      { device: 'microphone', why: 'denied' },
      { device: 'camera', why: 'in-use' },
    ])
    expect(troubles(firstCheck({ audio: true, video: true }))).toEqual([])
  })

  it('remembers that something had failed once it is fixed', () => {
    expect(reduceCheck(noCamera(), { type: 'answered', camera: null, microphone: null }).failedOnce).toBe(true)
  })

  it('asks again by itself only where that opens no question', () => {
    expect(retries('in-use')).toBe('poll')
    expect(retries('denied')).toBe('event')
    expect(retries('dismissed')).toBe('never')
    expect(checkRetries(noCamera())).toBe('event')
    expect(
      checkRetries(
        reduceCheck(firstCheck({ audio: true, video: true }), {
          type: 'answered',
          camera: 'in-use',
          microphone: 'denied',
        }),
      ),
    ).toBe('poll')
    expect(checkRetries(firstCheck({ audio: true, video: true }))).toBe('never')
  })
})

function noCamera(): Check {
  return reduceCheck(firstCheck({ audio: true, video: true }), {
    type: 'answered',
    camera: 'not-found',
    microphone: null,
  })
}
