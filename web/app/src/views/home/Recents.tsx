import { Ban, Phone, PhoneIncoming, PhoneMissed, PhoneOutgoing, Trash2, UserPlus, Video } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import type { Card, Contact } from 'magpie-client'
import type { Recent } from '../../model/recents'
import { IconButton, type MenuItem } from '../../ui'
import { duration, moment } from '../format'
import { useActions } from '../Page'
import css from './People.module.css'
import { PersonRow } from './PersonRow'
import { usePeopleActions } from './usePeopleActions'

export interface RecentsProps {
  recents: readonly Recent[]
  contacts: readonly Contact[]
  loading: boolean
  /** Milliseconds since 1970, for "yesterday". */
  now: number
}

const SHOWN = 20

/** The last calls, newest first; a press calls back in the same manner. */
export function Recents({ recents, contacts, loading, now }: RecentsProps) {
  const { t } = useTranslation('home')
  const { clearRecents } = useActions()
  return (
    <section className={css.section} aria-labelledby="recents">
      <div className={css.head}>
        <h2 className={css.title} id="recents">
          {t('recents')}
        </h2>
        {recents.length > 0 && (
          <IconButton label={t('clearRecents')} onClick={clearRecents}>
            <Trash2 size={20} aria-hidden />
          </IconButton>
        )}
      </div>
      {recents.length > 0 && (
        <ul className={css.list} aria-labelledby="recents">
          {recents.slice(0, SHOWN).map((recent) => (
            <RecentRow
              key={recent.call}
              recent={recent}
              now={now}
              isContact={contacts.some(({ id }) => id === recent.peer.id)}
            />
          ))}
        </ul>
      )}
      {recents.length === 0 &&
        (loading ? <div className={css.ghost} /> : <p className={css.empty}>{t('recentsEmpty')}</p>)}
    </section>
  )
}

function RecentRow({ recent, isContact, now }: { recent: Recent; isContact: boolean; now: number }) {
  const { t, i18n } = useTranslation('home')
  const { dial } = useActions()
  const items = useRecentMenu(recent.peer, isContact)
  const Icon = { outgoing: PhoneOutgoing, incoming: PhoneIncoming, missed: PhoneMissed }[recent.way]
  const said = [t(`way.${recent.way}`)]
  if (recent.durationMs > 0) said.push(duration(recent.durationMs, i18n.language))
  return (
    <PersonRow
      person={recent.peer}
      noteTone={recent.way === 'missed' ? 'accent' : 'quiet'}
      note={
        <>
          <Icon size={14} aria-hidden />
          <span className={css.line}>{said.join(' · ')}</span>
        </>
      }
      when={<time dateTime={new Date(recent.at).toISOString()}>{moment(recent.at, now, i18n.language)}</time>}
      onPress={() => dial(recent.peer.id, recent.media)}
      menu={items}
    />
  )
}

function useRecentMenu(peer: Card, isContact: boolean): MenuItem[] {
  const { t } = useTranslation('home')
  const { t: common } = useTranslation('common')
  const { dial } = useActions()
  const { add, block } = usePeopleActions()
  return [
    { label: common('videoCall'), icon: <Video size={20} aria-hidden />, onSelect: () => dial(peer.id, 'video') },
    { label: common('audioCall'), icon: <Phone size={20} aria-hidden />, onSelect: () => dial(peer.id, 'audio') },
    ...(isContact
      ? []
      : [{ label: t('landing.addContact'), icon: <UserPlus size={20} aria-hidden />, onSelect: () => void add(peer) }]),
    { label: t('block'), icon: <Ban size={20} aria-hidden />, danger: true, onSelect: () => void block(peer) },
  ]
}
