import type { ComponentProps } from 'react'
import { classes } from '../../ui'
import css from './Stage.module.css'

interface StageProps extends ComponentProps<'section'> {
  /** The accessible name of the region. */
  label: string
  /** `night` behind pictures, in both themes. */
  scene: 'paper' | 'night'
}

/** The whole screen of a call. */
export function Stage({ label, scene, className, children, ...rest }: StageProps) {
  return (
    <section
      aria-label={label}
      data-modal=""
      data-call=""
      className={classes(css.stage, scene === 'night' && css.night, className)}
      {...rest}
    >
      {children}
    </section>
  )
}

/** What all stages of a call stand on; it stays while they change. */
export function Ground() {
  return <div className={css.ground} aria-hidden />
}

/** The classes of a stage, for a dialog that is one. */
export const stageClass = css.stage ?? ''
