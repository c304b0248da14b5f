import { useId, type ComponentProps } from 'react'
import { classes } from '../../ui'
import css from './RoundButton.module.css'

interface RoundButtonProps extends ComponentProps<'button'> {
  /** The accessible name; the tooltip adds the key. */
  label: string
  look?: 'plain' | 'lit' | 'danger' | 'answer' | undefined
  big?: boolean
  /** The key that does the same, as shown to the person. */
  shortcut?: string
}

/** A round button of a call: an icon, a name, and its key in the tooltip. */
export function RoundButton({ label, look = 'plain', big, shortcut, className, children, ...rest }: RoundButtonProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={shortcut ? `${label} (${shortcut})` : label}
      aria-keyshortcuts={shortcut}
      className={classes(css.round, look !== 'plain' && css[look], big && css.big, className)}
      {...rest}
    >
      {children}
    </button>
  )
}

interface LabelledButtonProps extends RoundButtonProps {
  /** The words under the button; the name says more. */
  words: string
}

/** A large round button with words below, as on a ringing telephone. */
export function LabelledButton({ words, shortcut, ...rest }: LabelledButtonProps) {
  const id = useId()
  return (
    <div className={css.labelled}>
      <RoundButton big aria-describedby={id} {...rest} {...(shortcut ? { shortcut } : {})} />
      <span id={id} aria-hidden>
        {words}
        {shortcut && <kbd className={css.key}>{shortcut}</kbd>}
      </span>
    </div>
  )
}
