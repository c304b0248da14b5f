import { classes } from './classes'
import css from './Avatar.module.css'

export interface AvatarProps {
  /** What the person is called; its first letter is drawn. */
  name: string
  /** Chooses one of six quiet tints, so that a person keeps their colour. */
  seed: string
  size?: 'small' | 'medium' | 'huge'
}

/** The first letter of a name on a tint of its own. Decoration: the name stands beside it as text. */
export function Avatar({ name, seed, size = 'medium' }: AvatarProps) {
  return (
    <span className={classes(css.avatar, css[size], css[`tint${tint(seed)}`])} aria-hidden>
      {initial(name)}
    </span>
  )
}

/** The first character a reader would call a letter: whole emoji and surrogate pairs included; digits of a bare number give `#`. */
export function initial(name: string): string {
  const text = name.trim().replace(/^@/, '')
  if (/^[\d\s]*$/.test(text)) return '#'
  const first = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)[Symbol.iterator]().next()
  return first.done ? '#' : first.value.segment.toLocaleUpperCase()
}

function tint(seed: string): number {
  let sum = 0
  for (const character of seed) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 997
  return sum % 6
}
