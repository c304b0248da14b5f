import { guessSystem } from './system'
import { TrustView } from './TrustView'
import { useLight, useTold } from './useTrust'

/** The trust view with the browser and the server behind it. */
export default function TrustPage({ origin }: { origin: string }) {
  const light = useLight()
  const [told, again] = useTold()
  return (
    <TrustView
      light={light}
      told={told}
      origin={origin}
      secure={location.protocol === 'https:'}
      system={guessSystem(navigator.userAgent, navigator.maxTouchPoints)}
      onRetry={again}
    />
  )
}
