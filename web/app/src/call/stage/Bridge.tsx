import type { ReactNode } from 'react'
import { classes } from '../../ui'
import css from './Bridge.module.css'

/** How far a call has come: 0 asked, 1 sent, 2 their phone rings, 3 answered, 4 media flows. */
export type Reach = 0 | 1 | 2 | 3 | 4

interface BridgeProps {
  reach: Reach
  /** Whose side the arc grows from. */
  from?: 'me' | 'them'
  children: ReactNode
}

/** The bridge between two people: an arc over a face, which grows as the call gets through and completes when media flows. */
export function Bridge({ reach, from = 'me', children }: BridgeProps) {
  return (
    <div
      className={classes(css.bridge, from === 'them' && css.fromThem)}
      data-reach={reach}
      data-alive={reach < 4 ? '' : undefined}
    >
      <svg className={css.arc} viewBox="0 0 232 132" fill="none" aria-hidden focusable="false">
        <path className={css.track} d={ARC} pathLength="100" />
        <path className={css.line} d={ARC} pathLength="100" />
        <circle className={classes(css.end, from === 'me' && css.near)} cx="12" cy="120" r="5" />
        <circle className={classes(css.end, from === 'them' && css.near)} cx="220" cy="120" r="5" />
      </svg>
      {children}
    </div>
  )
}

const ARC = 'M12 120 C 48 -28, 184 -28, 220 120'
