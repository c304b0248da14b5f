import type { ComponentProps, ReactNode } from 'react'
import css from './Button.module.css'
import { classes } from './classes'

type Look = 'primary' | 'quiet' | 'plain' | 'danger'

export interface ButtonProps extends ComponentProps<'button'> {
  /** `primary` once per screen; `quiet` beside it; `plain` for text-like actions; `danger` ends or removes something. */
  look?: Look
  icon?: ReactNode
  /** Takes the whole width of its row. */
  wide?: boolean
  /** Shows that the action is under way and refuses a second press. */
  busy?: boolean
}

/** A button with words. It never submits a form unless `type="submit"` is given. */
export function Button({
  look = 'quiet',
  icon,
  wide,
  busy,
  className,
  children,
  disabled,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type}
      className={classes(css.button, css[look], wide && css.wide, className)}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      {...rest}
    >
      {icon}
      <span>{children}</span>
    </button>
  )
}

export interface IconButtonProps extends ComponentProps<'button'> {
  /** The accessible name, shown as a tooltip too. */
  label: string
  look?: Look
  size?: 'medium' | 'large'
}

/** A round button that shows an icon only; `label` is its name. */
export function IconButton({
  label,
  look = 'plain',
  size = 'medium',
  className,
  children,
  type = 'button',
  ...rest
}: IconButtonProps) {
  return (
    <button
      type={type}
      aria-label={label}
      title={label}
      className={classes(css.icon, css[look], size === 'large' && css.large, className)}
      {...rest}
    >
      {children}
    </button>
  )
}
