import { Switch as Primitive } from 'radix-ui'
import { useId, type ReactNode } from 'react'
import css from './Switch.module.css'

export interface SwitchProps {
  label: string
  /** A sentence below the label. */
  hint?: ReactNode
  checked: boolean
  onChange: (checked: boolean) => void
  disabled?: boolean
}

/** A labelled switch: the whole row is the target. */
export function Switch({ label, hint, checked, onChange, disabled }: SwitchProps) {
  const id = useId()
  return (
    <div className={css.row}>
      <label className={css.words} htmlFor={id}>
        <span className={css.label} id={`${id}-label`}>
          {label}
        </span>
        {hint && (
          <span className={css.hint} id={`${id}-hint`}>
            {hint}
          </span>
        )}
      </label>
      <Primitive.Root
        id={id}
        className={css.track}
        checked={checked}
        onCheckedChange={onChange}
        disabled={disabled ?? false}
        aria-labelledby={`${id}-label`}
        {...(hint ? { 'aria-describedby': `${id}-hint` } : {})}
      >
        <Primitive.Thumb className={css.thumb} />
      </Primitive.Root>
    </div>
  )
}
