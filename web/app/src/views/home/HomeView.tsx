import { useTranslation } from 'react-i18next'
import type { Me, SessionState } from 'magpie-client'
import { known } from '../../model/people'
import type { Preferences } from '../../model/preferences'
import type { Recent } from '../../model/recents'
import { Switch } from '../../ui'
import { useActions } from '../Page'
import { CallField } from './CallField'
import { Contacts } from './Contacts'
import css from './Home.module.css'
import { MyNumber } from './MyNumber'
import { Recents } from './Recents'

export interface HomeViewProps {
  session: SessionState
  /** Who I was on the last visit; null on a first one. */
  remembered: Me | null
  recents: readonly Recent[]
  preferences: Preferences
  /** Where this page came from, for the links it hands out. */
  origin: string
  /** Milliseconds since 1970. */
  now: number
}

/** The first screen: my number, one field to call anybody, and whom I talked to. Works as it stands on a first visit. */
export function HomeView({ session, remembered, recents, preferences, origin, now }: HomeViewProps) {
  const { t } = useTranslation('home')
  const mine = known(session)
  const me = mine?.me ?? remembered
  const first = mine ? recents.length === 0 && mine.contacts.length === 0 : remembered === null
  return (
    <div className={css.home}>
      <h1 className="hidden-text">{t('title')}</h1>
      <div className={css.main}>
        <MyNumber me={me} origin={origin} welcome={first} />
        <CallField />
        {!preferences.ringtone && <RingPrompt />}
      </div>
      <div className={css.side}>
        <Recents recents={recents} contacts={mine?.contacts ?? []} loading={mine === null} now={now} />
        <Contacts contacts={mine?.contacts ?? []} loading={mine === null} />
      </div>
    </div>
  )
}

function RingPrompt() {
  const { t } = useTranslation('home')
  const { setPreferences, arm } = useActions()
  const turn = (on: boolean) => {
    if (on) arm()
    setPreferences({ ringtone: on })
  }
  return (
    <div className={css.prompt}>
      <Switch label={t('ringtonePrompt')} hint={t('ringtonePromptHint')} checked={false} onChange={turn} />
    </div>
  )
}
