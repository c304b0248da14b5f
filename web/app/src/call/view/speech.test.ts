import { describe, expect, it } from 'vitest'
import { hear, silence, type Speech } from './speech'

describe('hearing somebody talk into a muted microphone', () => {
  it('takes a knock for nothing', () => {
    expect(
      levels([
        [0, 0.9],
        [100, 0],
        [500, 0],
      ]),
    ).toEqual(silence)
  })

  it('takes 400 ms of sound for talking', () => {
    expect(
      levels([
        [0, 0.4],
        [200, 0.4],
        [400, 0.4],
      ]),
    ).toEqual({ kind: 'noticed', until: 4400 })
  })

  it('allows the gaps between words', () => {
    expect(
      levels([
        [0, 0.4],
        [100, 0.01],
        [250, 0.4],
        [420, 0.4],
      ]),
    ).toMatchObject({ kind: 'noticed' })
  })

  it('starts again after a long gap', () => {
    expect(
      levels([
        [0, 0.4],
        [100, 0],
        [350, 0],
        [500, 0.4],
        [700, 0.4],
      ]),
    ).toMatchObject({ kind: 'loud', since: 500 })
  })

  it('keeps the notice while the talking goes on and drops it after', () => {
    const noticed = levels([
      [0, 0.4],
      [400, 0.4],
      [2000, 0.4],
    ])
    expect(noticed).toEqual({ kind: 'noticed', until: 6000 })
    expect(hear(noticed, 0, 5999)).toEqual(noticed)
    expect(hear(noticed, 0, 6000)).toEqual(silence)
  })
})

function levels(heard: [now: number, level: number][]): Speech {
  return heard.reduce((speech, [now, level]) => hear(speech, level, now), silence)
}
