import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { watchStall } from '../src/stall'

beforeEach(() => vi.useFakeTimers({ now: 0 }))
afterEach(() => vi.useRealTimers())

it('packets that stop for 1.5 s are a stall, told once', async () => {
  const { feed, stalls } = watch()
  await feed(10, 20, 30, 30, 30)
  expect(stalls()).toBe(0)
  await feed(30, 30, 30, 30)
  expect(stalls()).toBe(1)
})

it('a second stall is told after packets have come again', async () => {
  const { feed, stalls } = watch()
  await feed(10, 20, 20, 20, 20, 30, 30, 30, 30)
  expect(stalls()).toBe(2)
})

it('packets that never came are no stall', async () => {
  const { feed, stalls } = watch()
  await feed(0, 0, 0, 0, 0, 0)
  expect(stalls()).toBe(0)
})

it('a side that says it sends nothing does not stall', async () => {
  const { feed, stalls } = watch()
  await feed(10, 20, null, null, null, 20, 20, 20, 20)
  expect(stalls()).toBe(0)
})

function watch() {
  const counts: (number | null)[] = []
  let stalls = 0
  watchStall(
    () => Promise.resolve(counts.shift() ?? null),
    () => (stalls += 1),
  )
  const feed = async (...values: (number | null)[]) => {
    counts.push(...values)
    await vi.advanceTimersByTimeAsync(values.length * 500)
  }
  return { feed, stalls: () => stalls }
}
