import { ChevronDown, CircleAlert } from 'lucide-react'
import { useId, type ComponentProps, type ReactNode } from 'react'
import { classes } from './classes'
import css from './Field.module.css'

interface Labelled {
  label: string
  /** Keeps the label for screen readers only. */
  hideLabel?: boolean
  hint?: ReactNode
  /** A sentence that says what is wrong and what to do; announced when it appears. */
  error?: string | null
}

export interface TextFieldProps extends Labelled, Omit<ComponentProps<'input'>, 'onChange' | 'value' | 'prefix'> {
  value: string
  onChange: (value: string) => void
  /** Text in front of what is typed, such as `@`. */
  prefix?: string
  /** Buttons inside the box, at its end. */
  actions?: ReactNode
}

/** One line of text with its label, hint and error. */
export function TextField({
  label,
  hideLabel,
  hint,
  error,
  value,
  onChange,
  prefix,
  actions,
  className,
  ...rest
}: TextFieldProps) {
  const id = useId()
  return (
    <div className={classes(css.field, className)}>
      <label htmlFor={id} className={hideLabel ? 'hidden-text' : css.label}>
        {label}
      </label>
      <div className={css.box} data-invalid={error ? '' : undefined}>
        {prefix && (
          <span className={css.prefix} aria-hidden>
            {prefix}
          </span>
        )}
        <input
          id={id}
          className={css.input}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          aria-invalid={error ? true : undefined}
          aria-describedby={describedBy(id, hint, error)}
          {...rest}
        />
        {actions}
      </div>
      <Notes id={id} hint={hint} error={error} />
    </div>
  )
}

export interface SelectOption {
  value: string
  label: string
}

export interface SelectProps extends Labelled {
  value: string
  options: SelectOption[]
  onChange: (value: string) => void
  disabled?: boolean
}

/**
 * A choice of one. The browser's own control: on a phone it opens the wheel or sheet the person knows, and it needs no
 * injected style.
 */
export function Select({ label, hideLabel, hint, error, value, options, onChange, disabled }: SelectProps) {
  const id = useId()
  return (
    <div className={css.field}>
      <label htmlFor={id} className={hideLabel ? 'hidden-text' : css.label}>
        {label}
      </label>
      <div className={css.box}>
        <select
          id={id}
          className={classes(css.input, css.select)}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          disabled={disabled}
          aria-describedby={describedBy(id, hint, error)}
        >
          {options.map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
        <ChevronDown className={css.chevron} size={18} aria-hidden />
      </div>
      <Notes id={id} hint={hint} error={error} />
    </div>
  )
}

function Notes({ id, hint, error }: { id: string; hint?: ReactNode; error?: string | null | undefined }) {
  return (
    <>
      {error && (
        <p className={css.error} id={`${id}-error`} role="alert">
          <CircleAlert size={16} aria-hidden />
          {error}
        </p>
      )}
      {hint && (
        <p className={css.hint} id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </>
  )
}

function describedBy(id: string, hint: ReactNode, error: string | null | undefined): string | undefined {
  const ids = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean)
  return ids.length ? ids.join(' ') : undefined
}
