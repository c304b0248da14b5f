import { ArrowLeftRight, MicOff, RefreshCw, ScreenShare, Signal, UserRoundX, Volume2 } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { classes } from '../../ui'
import type { Line, LineKey } from '../view/line'
import type { LiveView } from '../view/view'
import { Timer } from './Timer'
import css from './InCall.module.css'

interface TopBarProps {
  view: LiveView
  name: string
  line: Line | null
  /** Starts the sound the browser held back; null when it did not. */
  blocked: (() => void) | null
  onUnblocked: () => void
}

/** Name and duration, which fade with the controls, and the one line, which stays as long as it is true. */
export function TopBar({ view, name, line, blocked, onUnblocked }: TopBarProps) {
  const { t } = useTranslation('call')
  const picture = view.since !== null && (view.theirs.video || view.theirs.screen)
  const unblock = () => {
    blocked?.()
    onUnblocked()
  }
  return (
    <header className={css.top} data-line={blocked || line ? '' : undefined}>
      <div className={classes(css.who, css.fading)}>
        {picture && <h1 className={css.name}>{name}</h1>}
        {picture && view.since !== null && <Timer since={view.since} className={css.timer} />}
      </div>
      {blocked ? (
        <button type="button" className={css.line} onClick={unblock}>
          <Volume2 size={18} aria-hidden />
          {t('live.soundBlocked')}
        </button>
      ) : (
        line && (
          <p className={classes(css.line, line.tone === 'warn' && css.warn)}>
            {ICONS[line.key]}
            {t(line.key, { name })}
          </p>
        )
      )}
    </header>
  )
}

const ICONS: Readonly<Record<LineKey, ReactNode>> = {
  'line.reconnecting.signalling': <RefreshCw size={18} aria-hidden />,
  'line.reconnecting.media': <RefreshCw size={18} aria-hidden />,
  'line.away': <UserRoundX size={18} aria-hidden />,
  'line.weak.mine': <Signal size={18} aria-hidden />,
  'line.weak.theirs': <Signal size={18} aria-hidden />,
  'line.weak.unknown': <Signal size={18} aria-hidden />,
  'line.sharing': <ScreenShare size={18} aria-hidden />,
  'line.peerMuted': <MicOff size={18} aria-hidden />,
  'line.relayed': <ArrowLeftRight size={18} aria-hidden />,
}
