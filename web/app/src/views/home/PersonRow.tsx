import { EllipsisVertical } from 'lucide-react'
import { useId, type ReactNode } from 'react'
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
  /** Beside the name: when it was. */
  when?: ReactNode
  /** At the end of the row: what a press does. */
  end?: ReactNode
  onPress: () => void
  menu: MenuItem[]
}

/** One person in a list: a press calls them, the menu has the rest. */
export function PersonRow({ person, note, noteTone = 'quiet', when, end, onPress, menu }: PersonRowProps) {
  const { t } = useTranslation('home')
  const name = useName()(person)
  const about = useId()
  return (
    <li className={css.row}>
      <button
        type="button"
        className={css.press}
        onClick={onPress}
        aria-label={t('callBack', { name })}
        aria-describedby={about}
      >
        <Avatar name={displayName(person) ?? '?'} seed={person.id} />
        <span className={css.words} id={about}>
          <span className={css.top}>
            <span className={css.name} aria-hidden>
              {name}
            </span>
            {when}
          </span>
          <span className={classes(css.note, css[noteTone])}>{note}</span>
        </span>
        {end}
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
