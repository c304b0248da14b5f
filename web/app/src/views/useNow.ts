import { useEffect, useState } from 'react'

/** The time, renewed every half minute: exact enough for "yesterday" and "12:05", without drawing each second. */
export function useNow(): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), RENEWED_EVERY_MS)
    return () => clearInterval(timer)
  }, [])
  return now
}

const RENEWED_EVERY_MS = 30_000
