import { PhoneOff } from 'lucide-react'
import type { Call } from 'magpie-client'
import { useTranslation } from 'react-i18next'
import { useShortcuts } from '../hooks/useShortcuts'
import { Person } from './Person'
import { LabelledButton } from './RoundButton'
import { Stage } from './Stage'
import css from './Outgoing.module.css'

/** The page was loaded again during a call: on the way back into it. */
export function Rejoining({ call, name }: { call: Call; name: string }) {
  const { t } = useTranslation('call')
  const leave = () => call.hangUp()
  useShortcuts({ h: leave })
  return (
    <Stage label={t('live.region')} scene="paper">
      <div className={css.column}>
        <Person card={call.peer} name={name} reach={3}>
          {t('rejoining')}
        </Person>
        <LabelledButton label={t('live.hangUp')} words={t('live.hangUp')} shortcut="H" look="danger" onClick={leave}>
          <PhoneOff size={28} aria-hidden />
        </LabelledButton>
      </div>
    </Stage>
  )
}
