import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import column from '../Column.module.css'
import css from './Clients.module.css'
import type { Pane } from './state'

/** One client: what it receives, its own picture small, where it stands, and how many pictures it has decoded. */
export function PaneView({ pane, onFrames }: { pane: Pane; onFrames: (count: number) => void }) {
  const { t, i18n } = useTranslation('clients')
  const remote = useStream(pane.remote)
  const own = useStream(pane.own)
  const latest = useRef(onFrames)
  useEffect(() => {
    latest.current = onFrames
  })
  useEffect(() => {
    const timer = setInterval(() => {
      const count = remote.current?.getVideoPlaybackQuality().totalVideoFrames ?? 0
      if (count > 0) latest.current(count)
    }, 500)
    return () => clearInterval(timer)
  }, [remote])
  const stage = pane.frames > 0 && pane.stage !== 'left' ? 'connected' : pane.stage
  return (
    <figure className={css.pane} aria-label={t('pane.label', { name: pane.name })} data-stage={stage}>
      <div className={css.screen}>
        <video ref={remote} autoPlay playsInline muted aria-label={t('pane.remote')} />
        <video ref={own} className={css.own} autoPlay playsInline muted aria-label={t('pane.own')} />
      </div>
      <figcaption className={css.caption}>
        <span role="status">{t(`pane.${stage}`)}</span>
        <span className={column.note}>{t('pane.frames', { number: pane.frames.toLocaleString(i18n.language) })}</span>
      </figcaption>
    </figure>
  )
}

/** Keeps a video element playing a stream. */
function useStream(stream: MediaStream | null) {
  const video = useRef<HTMLVideoElement>(null)
  useEffect(() => {
    if (video.current) video.current.srcObject = stream
  }, [stream])
  return video
}
