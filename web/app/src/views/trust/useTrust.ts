import { useCallback, useEffect, useState } from 'react'
import { fetchStatus, type ServerStatus } from '../../model/server'

/** The light: whether this browser trusts the certificate. */
export type Light = 'checking' | 'trusted' | 'notYet' | 'unreachable'

/** What the server says of itself, as far as it was heard. */
export type Told = { kind: 'asking' } | { kind: 'told'; status: ServerStatus } | { kind: 'failed' }

/**
 * Asks the secure origin again and again until it answers. A fetch is refused while the certificate is not trusted, so
 * an answer is the proof. When it fails, the plain side tells apart "not trusted" and "not there".
 */
export function useLight(): Light {
  const [light, setLight] = useState<Light>('checking')
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const ending = new AbortController()
    const look = async () => {
      const found = await probe(ending.signal)
      if (ending.signal.aborted) return
      setLight(found)
      if (found !== 'trusted') timer = setTimeout(() => void look(), BETWEEN_LOOKS_MS)
    }
    void look()
    return () => {
      ending.abort()
      clearTimeout(timer)
    }
  }, [])
  return light
}

/** What the server tells about itself, and a way to ask again. */
export function useTold(): [Told, () => void] {
  const [told, setTold] = useState<Told>({ kind: 'asking' })
  const [round, setRound] = useState(0)
  useEffect(() => {
    const ending = new AbortController()
    fetchStatus(ending.signal).then(
      (status) => setTold({ kind: 'told', status }),
      () => ending.signal.aborted || setTold({ kind: 'failed' }),
    )
    return () => ending.abort()
  }, [round])
  const again = useCallback(() => setRound((count) => count + 1), [])
  return [told, again]
}

async function probe(signal: AbortSignal): Promise<Light> {
  if (await answers(`https://${location.host}/health/live`, signal)) return 'trusted'
  return location.protocol === 'http:' && (await answers('/health/live', signal)) ? 'notYet' : 'unreachable'
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    await fetch(url, { signal, cache: 'no-store', mode: 'no-cors' })
    return true
  } catch {
    return false
  }
}

const BETWEEN_LOOKS_MS = 2500
