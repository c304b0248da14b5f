import { classes } from './classes'
import css from './Arc.module.css'

export interface ArcProps {
  /** `still` is the motif; `growing` draws itself again and again while something is being reached; `whole` completes once. */
  motion?: 'still' | 'growing' | 'whole'
  className?: string | undefined
}

/** The magpie's bridge: a thin arc between two points. Decoration only. */
export function Arc({ motion = 'still', className }: ArcProps) {
  return (
    <svg
      className={classes(css.arc, css[motion], className)}
      viewBox="0 0 120 48"
      fill="none"
      aria-hidden
      focusable="false"
    >
      <path className={css.track} d="M10 40 C 34 4, 86 4, 110 40" pathLength="100" />
      <path className={css.line} d="M10 40 C 34 4, 86 4, 110 40" pathLength="100" />
      <circle className={css.end} cx="10" cy="40" r="4" />
      <circle className={css.end} cx="110" cy="40" r="4" />
    </svg>
  )
}

/** The mark and the name. */
export function Logo({ name }: { name: string }) {
  return (
    <span className={css.logo}>
      <svg viewBox="0 0 32 32" fill="none" aria-hidden focusable="false">
        <path d="M4 22 C 9 8, 23 8, 28 22" />
        <circle cx="4" cy="22" r="2.4" />
        <circle cx="28" cy="22" r="2.4" />
      </svg>
      <span>{name}</span>
    </span>
  )
}
