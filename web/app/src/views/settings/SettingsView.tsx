import '../../i18n/settings'
import { useTranslation } from 'react-i18next'
import type { SessionState } from 'magpie-client'
import { known } from '../../model/people'
import type { Preferences } from '../../model/preferences'
import { To } from '../Page'
import { Devices } from './Devices'
import { Invite } from './Invite'
import { Look } from './Look'
import { MediaDevices, type MediaTrial } from './MediaDevices'
import { Privacy } from './Privacy'
import { Profile } from './Profile'
import { Ringing, type NotificationState } from './Ringing'
import column from '../Column.module.css'
import css from './Settings.module.css'

export interface SettingsViewProps {
  session: SessionState
  preferences: Preferences
  /** My link code is on the screen. */
  offering: boolean
  /** Where others reach this page. */
  origin: string
  media: MediaTrial
  notifications: NotificationState
  onAskNotifications: () => void
  /** Milliseconds since 1970. */
  now: number
}

/** Everything that can be chosen. What needs the server waits for it; the rest always works. */
export function SettingsView({
  session,
  preferences,
  offering,
  origin,
  media,
  notifications,
  onAskNotifications,
  now,
}: SettingsViewProps) {
  const { t } = useTranslation('settings')
  const { t: common } = useTranslation('common')
  const mine = known(session)
  const online = session.kind === 'online'
  return (
    <div className={column.page}>
      <h1 className={column.title}>{t('title')}</h1>
      {session.kind === 'offline' && <p className={css.offline}>{t('offline')}</p>}
      <Profile me={mine?.me ?? null} online={online} />
      <Ringing preferences={preferences} notifications={notifications} onAskNotifications={onAskNotifications} />
      <MediaDevices preferences={preferences} trial={media} />
      <Devices devices={mine?.me.devices ?? []} offering={offering} online={online} origin={origin} now={now} />
      <Invite online={online} origin={origin} />
      <Privacy preferences={preferences} blocked={mine?.blocked ?? []} online={online} />
      <Look preferences={preferences} />
      <To route={{ kind: 'clients' }} className={css.aside}>
        {common('clients')}
      </To>
    </div>
  )
}
