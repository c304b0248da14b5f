import { useId, type ReactNode } from 'react'
import column from '../Column.module.css'

/** One group of settings with its heading. */
export function Section({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className={column.card} aria-labelledby={id}>
      <h2 className={column.heading} id={id}>
        {title}
      </h2>
      {text && <p className={column.text}>{text}</p>}
      {children}
    </section>
  )
}
