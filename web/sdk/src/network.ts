/** The Network Information API, where there is one. */
interface NetworkInformation extends EventTarget {
  readonly type?: string
  readonly downlink?: number
}

/** The browser's estimate of the line in Mbit/s, where it has one. */
export function downlink(): number | undefined {
  return information()?.downlink
}

/**
 * Tells when the page or its network comes back, or the network becomes another one.
 *
 * @returns a function that stops it
 */
export function watchNetwork(listener: (change: 'page' | 'network') => void): () => void {
  const stop = new AbortController()
  const { signal } = stop
  const connection = information()
  let type = connection?.type
  const changed = () => {
    // The event also comes with every new estimate of the same network's speed.
    const same = connection?.type === type
    type = connection?.type
    listener(same ? 'page' : 'network')
  }
  window.addEventListener('online', () => listener('network'), { signal })
  window.addEventListener('pageshow', () => listener('page'), { signal })
  document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && listener('page'), {
    signal,
  })
  connection?.addEventListener('change', changed, { signal })
  return () => stop.abort()
}

function information(): NetworkInformation | undefined {
  return (navigator as { readonly connection?: NetworkInformation }).connection
}
