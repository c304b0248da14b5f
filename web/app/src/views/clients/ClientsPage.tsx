import { useState } from 'react'
import { ClientsView } from './ClientsView'
import type { Protocol } from './snippets'
import { useDemo } from './useDemo'

/** The page for developers with real clients behind its demonstrations. */
export default function ClientsPage({ origin }: { origin: string }) {
  const [protocol, setProtocol] = useState<Protocol>('native')
  const [state, controls] = useDemo()
  const choose = (next: Protocol) => {
    controls.stop()
    setProtocol(next)
  }
  return <ClientsView origin={origin} protocol={protocol} onProtocol={choose} demo={state} controls={controls} />
}
