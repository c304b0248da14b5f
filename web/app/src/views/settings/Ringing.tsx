import { useTranslation } from 'react-i18next'
import type { Preferences } from '../../model/preferences'
import { Button, Switch } from '../../ui'
import { useActions } from '../Page'
import { Section } from './Section'
import column from '../Column.module.css'
import css from './Settings.module.css'

/** What the browser says about notifications. */
export type NotificationState = NotificationPermission | 'unsupported'

export interface RingingProps {
  preferences: Preferences
  notifications: NotificationState
  onAskNotifications: () => void
}

/** How a call is noticed. */
export function Ringing({ preferences, notifications, onAskNotifications }: RingingProps) {
  const { t } = useTranslation('settings')
  const { setPreferences, arm } = useActions()
  const turn = (ringtone: boolean) => {
    if (ringtone) arm()
    setPreferences({ ringtone })
  }
  return (
    <Section title={t('ring.title')}>
      <Switch label={t('ring.ringtone')} hint={t('ring.ringtoneHint')} checked={preferences.ringtone} onChange={turn} />
      <div className={css.row}>
        <div className={css.words}>
          <span className={css.label}>{t('ring.notifications')}</span>
          <span className={column.note}>
            {notifications === 'default' ? t('ring.notificationsHint') : t(`ring.${notifications}`)}
          </span>
        </div>
        {notifications === 'default' && <Button onClick={onAskNotifications}>{t('ring.allow')}</Button>}
      </div>
    </Section>
  )
}
