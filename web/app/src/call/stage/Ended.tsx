import { Phone, Video } from 'lucide-react'
import type { Call, MediaKind } from 'magpie-client'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { Avatar, Button } from '../../ui'
import { useShortcuts } from '../hooks/useShortcuts'
import { clock, isoDuration } from '../view/duration'
import { ending } from '../view/ending'
import { verdict } from '../view/tally'
import type { EndedView } from '../view/view'
import { Stage } from './Stage'
import css from './Ended.module.css'

interface EndedProps {
  call: Call
  name: string
  view: EndedView
  onClose: () => void
  redial: (to: string, media: MediaKind) => void
}

/** Over: why, how long, how well, and what one may want next. Stays until the person leaves it. */
export function Ended({ call, name, view, onClose, redial }: EndedProps) {
  const { t } = useTranslation('call')
  const title = useRef<HTMLHeadingElement>(null)
  const { key, again } = ending(view)
  useEffect(() => title.current?.focus(), [])
  useShortcuts({ escape: onClose })
  return (
    <Stage label={t('ended.region')} scene="paper">
      <div className={css.column}>
        <Avatar name={name} seed={call.peer.id} size="huge" />
        <div className={css.words}>
          <h1 ref={title} tabIndex={-1} className={css.title}>
            {t(`ended.${key}.title`, { name })}
          </h1>
          <p>{t(`ended.${key}.words`, { name })}</p>
          {view.text && <blockquote className={css.quote}>{view.text}</blockquote>}
          <Facts view={view} name={name} />
        </div>
        <div className={css.buttons}>
          {again !== 'none' && call.peer.id !== '' && (
            <Button
              look="primary"
              icon={call.media === 'video' ? <Video size={20} aria-hidden /> : <Phone size={20} aria-hidden />}
              onClick={() => redial(call.peer.id, call.media)}
            >
              {t(again === 'callback' ? 'ended.callBack' : 'ended.again')}
            </Button>
          )}
          <Button onClick={onClose}>{t('ended.done')}</Button>
        </div>
      </div>
    </Stage>
  )
}

/** Duration and quality, of a conversation only. */
function Facts({ view, name }: { view: EndedView; name: string }) {
  const { t } = useTranslation('call')
  if (!view.wasLive || view.durationMs === 0) return null
  const how = verdict(view.tally)
  return (
    <p className={css.facts}>
      <time dateTime={isoDuration(view.durationMs)}>{t('ended.duration', { clock: clock(view.durationMs) })}</time>
      {how !== 'unknown' && (
        <>
          <br />
          {t(`ended.quality.${how}`, { name })}
        </>
      )}
    </p>
  )
}
