import { EllipsisVertical } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Card } from 'magpie-client'
import { displayName } from '../../model/people'
import { Avatar, classes, IconButton, Menu, type MenuItem } from '../../ui'
import { useName } from '../Page'
import css from './People.module.css'

export interface PersonRowProps {
  person: Card
  /** What is said below the name. */
  note: ReactNode
  noteTone?: 'quiet' | 'accent' | 'good'
  /** At the end of the row: when it was, or what a press does. */
  end?: ReactNode
  onPress: () => void
  menu: MenuItem[]
}

/** One person in a list: a press calls them, the menu has the rest. */
export function PersonRow({ person, note, noteTone = 'quiet', end, onPress, menu }: PersonRowProps) {
  const { t } = useTranslation('home')
  const name = useName()(person)
  return (
    <li className={css.row}>
      <button type="button" className={css.press} onClick={onPress} aria-label={t('callBack', { name })}>
        <Avatar name={displayName(person) ?? '?'} seed={person.id} />
        <span className={css.words}>
          <span className={css.name}>{name}</span>
          <span className={classes(css.note, css[noteTone])}>{note}</span>
        </span>
        <span className={css.end}>{end}</span>
      </button>
      <Menu
        trigger={
          <IconButton label={t('moreFor', { name })}>
            <EllipsisVertical size={20} aria-hidden />
          </IconButton>
        }
        items={menu}
      />
    </li>
  )
}
