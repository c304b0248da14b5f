import { describe, expect, it } from 'vitest'
import { SignalStream } from '../src/stream'
import type { SignalData, SignalFrame } from '../src/wire'

const say = (text: string): SignalData => ({ description: { type: 'offer', sdp: text } })

describe('the signal stream', () => {
  it('delivers in order, and acknowledges within 100 ms', () => {
    const { a, b, run } = pair()
    a.stream.push(0, say('1'))
    a.stream.push(0, say('2'))
    run(99)
    expect(b.heard).toEqual(['1', '2'])
    expect(b.sent).toEqual([])
    run(100)
    expect(b.sent.map(({ item, as }) => [item, as])).toEqual([[null, 2]])
    run(60_000)
    expect(a.sent).toHaveLength(2)
  })

  it('lets an answer carry the acknowledgement', () => {
    const { a, b, run } = pair()
    a.stream.push(0, say('offer'))
    run(10)
    b.stream.push(10, say('answer'))
    run(1_000)
    expect(b.sent).toHaveLength(1)
    expect(b.sent[0]).toMatchObject({ as: 1, item: { s: 1 } })
  })

  it('says the unacknowledged again after 2, 4, 8, 16 and 16 s', () => {
    const { a, run, at } = pair()
    at.cut = true
    a.stream.push(0, say('1'))
    run(50_000)
    expect(a.times).toEqual([0, 2_000, 6_000, 14_000, 30_000, 46_000])
  })

  it('says the unacknowledged again at once when the link is new', () => {
    const { a, b, run, at } = pair()
    at.cut = true
    a.stream.push(0, say('1'))
    run(500)
    at.cut = false
    a.stream.resend(500)
    run(500)
    expect(b.heard).toEqual(['1'])
  })

  it('acknowledges a doubled signal again, and hands it over once', () => {
    const { a, b, run } = pair()
    a.stream.push(0, say('1'))
    run(500)
    const [first] = a.sent
    if (first === undefined) throw new Error('nothing sent')
    expect(b.stream.receive(500, first).take).toBe(false)
    run(600)
    expect(b.sent).toHaveLength(2)
  })

  it('overflows past 256 unacknowledged', () => {
    const stream = new SignalStream(() => 1)
    for (let i = 0; i < 256; i++) stream.push(0, say('x'))
    expect(stream.overflowed).toBe(false)
    stream.push(0, say('x'))
    expect(stream.overflowed).toBe(true)
  })

  it.each(Array.from({ length: 40 }, (_, seed) => seed + 1))(
    'loses, doubles and reorders nothing, whatever the way does (seed %i)',
    (seed) => {
      const { a, b, run, at } = pair()
      const random = generator(seed)
      at.fate = () => (random() < 0.3 ? [] : random() < 0.2 ? [random() * 400, random() * 400] : [random() * 400])
      for (let i = 1; i <= 30; i++) {
        a.stream.push(at.now, say(`a${i}`))
        if (i % 3 === 0) b.stream.push(at.now, say(`b${i}`))
        run(at.now + random() * 300)
      }
      at.fate = () => [1]
      run(at.now + 60_000)
      expect(b.heard).toEqual(Array.from({ length: 30 }, (_, i) => `a${i + 1}`))
      expect(a.heard).toEqual(Array.from({ length: 10 }, (_, i) => `b${i * 3 + 3}`))
      expect([a.fresh, b.fresh]).toEqual([0, 0])
      expect([a.stream.due, b.stream.due]).toEqual([null, null])
    },
  )
})

describe('a page that is loaded anew', () => {
  it('is met with a new epoch, and both hear each other', () => {
    const { a, b, run, at } = talking()
    b.reload()
    b.stream.push(at.now, say('new b'))
    run(at.now + 1_000)
    expect(a.fresh).toBe(1)
    a.stream.push(at.now, say('fresh offer'))
    run(at.now + 1_000)
    expect(b.heard).toEqual(['fresh offer'])
    expect(a.heard.at(-1)).toBe('new b')
    expect(b.fresh).toBe(0)
  })

  it('does not take what was written for the page before', () => {
    const { a, b, run, at } = pair()
    a.stream.push(0, say('offer'))
    run(10)
    at.cut = true
    b.stream.push(10, say('stale answer'))
    run(20)
    a.reload()
    at.cut = false
    b.stream.resend(20)
    run(30)
    expect(a.heard).toEqual([])
    a.stream.push(30, say('new offer'))
    run(1_000)
    expect(b.fresh).toBe(1)
    b.stream.push(1_000, say('new answer'))
    run(2_000)
    expect(a.heard).toEqual(['new answer'])
    expect(a.fresh).toBe(0)
  })

  it('meets another new page without either starting over again', () => {
    const { a, b, run, at } = talking()
    a.reload()
    b.reload()
    a.stream.push(at.now, say('offer'))
    b.stream.push(at.now, say('state'))
    run(at.now + 5_000)
    expect([a.heard, b.heard]).toEqual([['state'], ['offer']])
    expect([a.fresh, b.fresh]).toEqual([0, 0])
  })

  it('hears at once what was said before it listened', () => {
    const { a, b, run, at } = pair()
    at.cut = true
    a.stream.push(0, say('offer'))
    run(1_000)
    at.cut = false
    b.stream.push(1_000, say('hello'))
    run(1_010)
    expect(b.heard).toEqual(['offer'])
  })

  it('is not mistaken for the page before when that one’s frames come late', () => {
    const { a, b, run, at } = talking()
    const late = b.sent.slice()
    b.reload()
    b.stream.push(at.now, say('new b'))
    run(at.now + 1_000)
    const before = a.heard.length
    for (const frame of late) a.stream.receive(at.now, frame)
    expect(a.heard).toHaveLength(before)
    expect(a.fresh).toBe(1)
  })

  it.each(Array.from({ length: 30 }, (_, seed) => seed + 1))(
    'always comes back into talk, on a lossy way (seed %i)',
    (seed) => {
      const { a, b, run, at } = talking()
      const random = generator(seed)
      at.fate = () => (random() < 0.3 ? [] : [random() * 300])
      for (let i = 0; i < 6; i++) {
        const end = random() < 0.5 ? a : b
        end.reload()
        a.stream.push(at.now, say(`a${i}`))
        b.stream.push(at.now, say(`b${i}`))
        run(at.now + random() * 3_000)
      }
      at.fate = () => [1]
      run(at.now + 60_000)
      a.heard.length = b.heard.length = 0
      a.stream.push(at.now, say('still there?'))
      b.stream.push(at.now, say('yes'))
      run(at.now + 60_000)
      expect([a.heard.at(-1), b.heard.at(-1)]).toEqual(['yes', 'still there?'])
    },
  )
})

/** Two pages that have already talked both ways. */
function talking() {
  const world = pair()
  world.a.stream.push(0, say('hello'))
  world.b.stream.push(0, say('hi'))
  world.run(1_000)
  return world
}

interface End {
  stream: SignalStream
  readonly heard: string[]
  readonly sent: SignalFrame[]
  readonly times: number[]
  fresh: number
  reload(): void
}

/** Two streams with a way between them, in virtual time. */
function pair() {
  let epoch = 100
  const end = (): End => {
    const self: End = {
      stream: new SignalStream(() => ++epoch),
      heard: [],
      sent: [],
      times: [],
      fresh: 0,
      reload() {
        self.stream = new SignalStream(() => ++epoch)
        self.heard.length = self.fresh = 0
      },
    }
    return self
  }
  const a = end()
  const b = end()
  const at = { now: 0, cut: false, fate: () => [0] as number[] }
  const way: { at: number; to: End; frame: SignalFrame }[] = []
  const collect = (from: End, to: End) => {
    for (const frame of from.stream.drain()) {
      from.sent.push(frame)
      from.times.push(at.now)
      if (!at.cut) for (const delay of at.fate()) way.push({ at: at.now + delay, to, frame })
    }
  }
  const settle = () => {
    collect(a, b)
    collect(b, a)
  }
  const deliver = () => {
    way.sort((x, y) => x.at - y.at)
    while (way[0] !== undefined && way[0].at <= at.now) {
      const next = way.shift()
      if (next === undefined) return
      const received = next.to.stream.receive(at.now, next.frame)
      if (received.take && 'description' in received.data) next.to.heard.push(received.data.description.sdp)
      if (received.take && received.fresh) next.to.fresh += 1
      settle()
    }
  }
  const run = (until: number) => {
    settle()
    for (;;) {
      deliver()
      const next = Math.min(way[0]?.at ?? Infinity, a.stream.due ?? Infinity, b.stream.due ?? Infinity)
      if (next > until) break
      at.now = Math.max(at.now, next)
      a.stream.tick(at.now)
      b.stream.tick(at.now)
      settle()
    }
    at.now = Math.max(at.now, until)
  }
  return { a, b, run, at }
}

/** Numbers from 0 to 1 that depend on the seed alone (mulberry32). */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}
