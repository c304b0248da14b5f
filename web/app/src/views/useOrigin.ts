import { useEffect, useState } from 'react'
import { fetchStatus, isLocal, originForOthers } from '../model/server'

/**
 * The origin to put into links and codes for others. Opened as localhost, the page asks the server under which address
 * the rest of the network reaches it.
 */
export function useOrigin(): string {
  const [origin, setOrigin] = useState(location.origin)
  useEffect(() => {
    if (!isLocal(location.origin)) return
    const ending = new AbortController()
    fetchStatus(ending.signal).then(
      (status) => setOrigin(originForOthers(location.origin, status)),
      () => undefined, // the page's own origin stays, with the note that a phone cannot reach it
    )
    return () => ending.abort()
  }, [])
  return origin
}
