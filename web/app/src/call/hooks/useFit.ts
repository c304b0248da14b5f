import { useEffect, useState, type RefObject } from 'react'
import { fit } from '../view/fit'

/** Whether a video should fill its box or be shown whole, kept right while picture and window change. */
export function useFit(ref: RefObject<HTMLVideoElement | null>): 'cover' | 'contain' {
  const [how, setHow] = useState<'cover' | 'contain'>('cover')
  useEffect(() => {
    const video = ref.current
    if (!video) return
    const measure = () =>
      setHow(
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
  return how
}
