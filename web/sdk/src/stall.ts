const PERIOD_MS = 500
/** So many periods without a packet are a stall: at 50 packets a second it is not chance. */
const PATIENCE = 3

/**
 * Tells when packets that flowed stop to come, which browsers themselves notice only after five seconds and more.
 *
 * Each stall is told once; the watch looks again after packets have come.
 *
 * @param count packets received so far, or null while none are to be expected
 * @returns a function that stops it
 */
export function watchStall(count: () => Promise<number | null>, stalled: () => void): () => void {
  let before: number | null = null
  let flowing = false
  let still = 0
  const look = async () => {
    const now = await count()
    const came = now !== null && before !== null && now > before
    flowing = came || (flowing && now !== null)
    still = came || now === null ? 0 : still + 1
    before = now
    if (!flowing || still < PATIENCE) return
    flowing = false
    stalled()
  }
  const timer = setInterval(() => void look(), PERIOD_MS)
  return () => clearInterval(timer)
}
