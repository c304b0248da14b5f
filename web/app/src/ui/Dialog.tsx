import { Dialog as Primitive } from 'radix-ui'
import { X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { IconButton } from './Button'
import css from './Dialog.module.css'

export interface DialogProps {
  open: boolean
  /** Called with false when the person closes it (Escape, outside, the cross). */
  onOpenChange: (open: boolean) => void
  title: string
  description?: ReactNode
  children: ReactNode
}

/**
 * A modal dialog: keeps the focus, gives it back, closes on Escape; a sheet from below on a phone.
 *
 * The primitive's own overlay is left out: it injects a style element to lock scrolling, which our content security
 * policy refuses. `[data-modal]` in base.css does the same.
 */
export function Dialog({ open, onOpenChange, title, description, children }: DialogProps) {
  const { t } = useTranslation('common')
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <div className={css.backdrop} data-modal="" />
        <Primitive.Content
          className={css.content}
          onOpenAutoFocus={focusField}
          {...(description ? {} : { 'aria-describedby': undefined })}
        >
          <header className={css.header}>
            <Primitive.Title className={css.title}>{title}</Primitive.Title>
            <Primitive.Close asChild>
              <IconButton label={t('close')}>
                <X size={22} aria-hidden />
              </IconButton>
            </Primitive.Close>
          </header>
          {description && <Primitive.Description className={css.description}>{description}</Primitive.Description>}
          <div className={css.body}>{children}</div>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

/**
 * Puts the focus into the dialog's field, or on the dialog itself: on a button, a key pressed a moment too late would
 * answer the question.
 */
function focusField(event: Event): void {
  if (!(event.target instanceof HTMLElement)) return
  event.preventDefault()
  const field = event.target.querySelector<HTMLElement>('input:not([tabindex="-1"]), select, textarea')
  const place = field ?? event.target
  place.focus()
}
