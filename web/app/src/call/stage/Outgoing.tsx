import { PhoneOff } from 'lucide-react'
import type { Call } from 'magpie-client'
import { useTranslation } from 'react-i18next'
import { useShortcuts } from '../hooks/useShortcuts'
import type { LocalMedia } from '../media/local'
import type { OutgoingView } from '../view/view'
import type { Reach } from './Bridge'
import { MediaVideo } from './MediaVideo'
import { Person } from './Person'
import { LabelledButton } from './RoundButton'
import { Stage } from './Stage'
import css from './Outgoing.module.css'

interface OutgoingProps {
  call: Call
  name: string
  local: LocalMedia
  view: OutgoingView
}

/** I am calling: their name, what their phone does, and one way out. */
export function Outgoing({ call, name, local, view }: OutgoingProps) {
  const { t } = useTranslation('call')
  const cancel = () => call.hangUp()
  useShortcuts({ escape: cancel, h: cancel })
  const picture = view.mine.camera === 'on'
  return (
    <Stage label={t('outgoing.region')} scene={picture ? 'night' : 'paper'}>
      {picture && (
        <>
          <MediaVideo label={t('live.myVideo')} className={css.veiled} stream={local.stream} muted />
          <div className={css.veil} />
        </>
      )}
      <div className={css.column}>
        <Person card={call.peer} name={name} reach={REACH[view.step]}>
          {t(`outgoing.${view.step}`)}
        </Person>
        <LabelledButton
          label={t('outgoing.cancel')}
          words={t('outgoing.cancelShort')}
          shortcut="Esc"
          look="danger"
          onClick={cancel}
        >
          <PhoneOff size={28} aria-hidden />
        </LabelledButton>
      </div>
    </Stage>
  )
}

const REACH: Readonly<Record<OutgoingView['step'], Reach>> = { dialing: 0, ringing: 1, alerting: 2 }
