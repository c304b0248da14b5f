import { useCallback, useEffect, useState, type RefObject } from 'react'
import { fit } from '../view/fit'

type Fit = 'cover' | 'contain'

/**
 * Whether a video should fill its box or be shown whole, kept right while picture and window change; the person may
 * turn it over.
 *
 * @returns the fit, and a function that turns it over
 */
export function useFit(ref: RefObject<HTMLVideoElement | null>): [Fit, () => void] {
  const [best, setBest] = useState<Fit>('cover')
  const [turned, setTurned] = useState(false)
  useEffect(() => {
    const video = ref.current
    if (!video) return
    const measure = () =>
      setBest(
        fit(
          { width: video.videoWidth, height: video.videoHeight },
          { width: window.innerWidth, height: window.innerHeight },
        ),
      )
    measure()
    video.addEventListener('resize', measure)
    window.addEventListener('resize', measure)
    return () => {
      video.removeEventListener('resize', measure)
      window.removeEventListener('resize', measure)
    }
  }, [ref])
  const turn = useCallback(() => setTurned((before) => !before), [])
  return [turned === (best === 'cover') ? 'contain' : 'cover', turn]
}
