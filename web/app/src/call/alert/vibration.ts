/** Buzzes like a telephone on devices that can; returns the way to stop. */
export function vibrate(): () => void {
  if (typeof navigator.vibrate !== 'function') return () => undefined
  const buzz = () => navigator.vibrate([600, 300, 600])
  buzz()
  const timer = setInterval(buzz, ROUND_MS)
  return () => {
    clearInterval(timer)
    navigator.vibrate(0)
  }
}

const ROUND_MS = 3000
