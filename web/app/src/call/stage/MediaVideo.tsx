import { keepSpeaker } from 'magpie-client/devices'
import { useEffect, useRef, type ComponentProps, type Ref } from 'react'
import { useImperativeHandle } from 'react'

interface MediaVideoProps extends Omit<ComponentProps<'video'>, 'src' | 'ref'> {
  label: string
  stream: MediaStream | null
  /** Device id of the loudspeaker; null for the system's. */
  speaker?: string | null
  /** The browser refused to play with sound before the page is touched. */
  onBlocked?: (play: () => void) => void
  ref?: Ref<HTMLVideoElement>
}

/** A video element that plays a live stream. */
export function MediaVideo({ label, stream, speaker, onBlocked, ref, ...rest }: MediaVideoProps) {
  const element = useRef<HTMLVideoElement>(null)
  useImperativeHandle(ref, () => element.current as HTMLVideoElement, [])
  useEffect(() => {
    const video = element.current
    if (!video) return
    if (video.srcObject !== stream) video.srcObject = stream
    if (stream) play(video, onBlocked)
  }, [stream, onBlocked])
  useEffect(() => {
    if (!element.current || speaker === undefined) return undefined
    return keepSpeaker(element.current, speaker ?? '')
  }, [speaker])
  return (
    <video
      ref={element}
      aria-label={label}
      autoPlay
      playsInline
      disablePictureInPicture={rest.muted ?? false}
      {...rest}
    />
  )
}

function play(video: HTMLVideoElement, onBlocked: MediaVideoProps['onBlocked']): void {
  video.play().catch((error: unknown) => {
    // anything else is a stream that was replaced while it started
    if (!(error instanceof DOMException) || error.name !== 'NotAllowedError' || !onBlocked) return
    // a picture without sound is always allowed; the sound comes with a press
    video.muted = true
    void video.play().catch(() => undefined)
    onBlocked(() => (video.muted = false))
  })
}
