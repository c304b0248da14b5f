import { meter } from 'magpie-client/devices'
import { useEffect, useRef } from 'react'
import css from './PreCallCheck.module.css'

/** Shows that the microphone hears. The bar is drawn by the style sheet from one number. */
export function Meter({ stream, label }: { stream: MediaStream; label: string }) {
  const bar = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (stream.getAudioTracks().length === 0) return
    return meter(stream, (level) => {
      bar.current?.style.setProperty('--level', level.toFixed(2))
      bar.current?.setAttribute('aria-valuenow', String(Math.round(level * 100)))
    })
  }, [stream])
  return (
    <div
      ref={bar}
      className={css.meter}
      role="meter"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={0}
    />
  )
}
