import { MicOff } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { classes } from '../../ui'
import type { Corner, Mine } from '../view/view'
import { cornerByKey } from '../view/corner'
import { useCornerDrag } from '../hooks/useCornerDrag'
import { MediaVideo } from './MediaVideo'
import css from './SelfView.module.css'

interface SelfViewProps {
  stream: MediaStream
  mine: Mine
  facing: 'user' | 'environment'
  corner: Corner
  onCorner: (corner: Corner) => void
}

/** My own picture, small, in one of four corners: dragged there, or moved by arrow keys. */
export function SelfView({ stream, mine, facing, corner, onCorner }: SelfViewProps) {
  const { t } = useTranslation('call')
  const [wide, setWide] = useState(true)
  const { box, onPointerDown } = useCornerDrag(corner, onCorner)
  return (
    <div ref={box} className={css.self} data-corner={corner} data-wide={wide ? '' : undefined}>
      <MediaVideo
        label={t('live.myVideo')}
        className={classes(css.video, facing === 'user' && css.mirrored)}
        stream={stream}
        muted
        onResize={({ currentTarget: { videoWidth, videoHeight } }) => setWide(videoWidth >= videoHeight)}
      />
      {mine.microphone === 'off' && (
        <span className={css.muted} aria-hidden>
          <MicOff size={16} />
        </span>
      )}
      <button
        type="button"
        className={css.handle}
        aria-label={t('live.moveMyVideo')}
        title={t('live.moveMyVideo')}
        onPointerDown={onPointerDown}
        onKeyDown={(event) => {
          const next = cornerByKey(corner, event.key)
          if (!next) return
          event.preventDefault()
          onCorner(next)
        }}
      />
    </div>
  )
}
