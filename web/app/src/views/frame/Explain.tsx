import { useEffect, useRef, type ReactNode } from 'react'
import { Arc } from '../../ui'
import css from './Explain.module.css'

export interface ExplainProps {
  title: string
  text: string
  next?: string
  /** What to press. */
  actions?: ReactNode
  /** The technical reason, one tap deeper. */
  detail?: { label: string; text: string } | null
}

/** A whole page that says what is the matter and what to do. Takes the focus, so that it is read at once. */
export function Explain({ title, text, next, actions, detail }: ExplainProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => heading.current?.focus(), [])
  return (
    <section className={css.explain}>
      <Arc className={css.arc} />
      <h1 ref={heading} tabIndex={-1} className={css.title}>
        {title}
      </h1>
      <p>{text}</p>
      {next && <p className={css.next}>{next}</p>}
      {actions && <div className={css.actions}>{actions}</div>}
      {detail?.text && (
        <details className={css.detail}>
          <summary>{detail.label}</summary>
          <p>{detail.text}</p>
        </details>
      )}
    </section>
  )
}
