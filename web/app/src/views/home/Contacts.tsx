import { Ban, Phone, UserMinus, UserPlus, Video } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Contact } from 'magpie-client'
import { secondName } from '../../model/people'
import { IconButton, type MenuItem } from '../../ui'
import { useActions } from '../Page'
import { AddContact } from './AddContact'
import css from './People.module.css'
import { PersonRow } from './PersonRow'
import { usePeopleActions } from './usePeopleActions'

/** People kept, those who are here first. */
export function Contacts({ contacts, loading }: { contacts: readonly Contact[]; loading: boolean }) {
  const { t } = useTranslation('home')
  const [adding, setAdding] = useState(false)
  return (
    <section className={css.section} aria-labelledby="contacts">
      <div className={css.head}>
        <h2 className={css.title} id="contacts">
          {t('contacts')}
        </h2>
        <IconButton label={t('addContact')} onClick={() => setAdding(true)} disabled={loading}>
          <UserPlus size={20} aria-hidden />
        </IconButton>
      </div>
      {contacts.length > 0 && (
        <ul className={css.list} aria-labelledby="contacts">
          {[...contacts].sort(hereFirst).map((contact) => (
            <ContactRow key={contact.id} contact={contact} />
          ))}
        </ul>
      )}
      {contacts.length === 0 &&
        (loading ? <div className={css.ghost} /> : <p className={css.empty}>{t('contactsEmpty')}</p>)}
      {adding && <AddContact onClose={() => setAdding(false)} />}
    </section>
  )
}

function ContactRow({ contact }: { contact: Contact }) {
  const { t } = useTranslation('home')
  const { dial } = useActions()
  return (
    <PersonRow
      person={contact}
      noteTone={contact.online ? 'good' : 'quiet'}
      note={
        <>
          {contact.online && <span className={css.dot} />}
          <span className={css.line}>
            {contact.online === null ? secondName(contact) : contact.online ? t('online') : t('away')}
          </span>
        </>
      }
      end={<Video size={20} aria-hidden />}
      onPress={() => dial(contact.id, 'video')}
      menu={useContactMenu(contact)}
    />
  )
}

function useContactMenu(contact: Contact): MenuItem[] {
  const { t } = useTranslation('home')
  const { t: common } = useTranslation('common')
  const { dial } = useActions()
  const { remove, block } = usePeopleActions()
  return [
    { label: common('videoCall'), icon: <Video size={20} aria-hidden />, onSelect: () => dial(contact.id, 'video') },
    { label: common('audioCall'), icon: <Phone size={20} aria-hidden />, onSelect: () => dial(contact.id, 'audio') },
    { label: t('removeContact'), icon: <UserMinus size={20} aria-hidden />, onSelect: () => void remove(contact) },
    { label: t('block'), icon: <Ban size={20} aria-hidden />, danger: true, onSelect: () => void block(contact) },
  ]
}

function hereFirst(a: Contact, b: Contact): number {
  const rank = (contact: Contact) => (contact.online ? 0 : 1)
  return rank(a) - rank(b) || (a.name ?? a.handle ?? '').localeCompare(b.name ?? b.handle ?? '')
}
