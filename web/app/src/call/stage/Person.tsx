import type { Card } from 'magpie-client'
import type { ReactNode } from 'react'
import { Avatar } from '../../ui'
import { Bridge, type Reach } from './Bridge'
import css from './Person.module.css'

interface PersonProps {
  card: Card
  name: string
  /** Who this is to me, in words. */
  about?: string | undefined
  reach: Reach
  from?: 'me' | 'them'
  heading?: ReactNode
  children?: ReactNode
}

/** The person of a call, large, under the bridge. */
export function Person({ card, name, about, reach, from = 'me', heading, children }: PersonProps) {
  return (
    <div className={css.person}>
      <Bridge reach={reach} from={from}>
        <Avatar name={name} seed={card.id} size="huge" />
      </Bridge>
      {heading ?? <h1 className={css.name}>{name}</h1>}
      {about && <p className={css.about}>{about}</p>}
      {children && <p className={css.status}>{children}</p>}
    </div>
  )
}

/** For a name that has to be another element than a heading. */
export const nameClass = css.name ?? ''
