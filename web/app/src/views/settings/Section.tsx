import { useId, type ReactNode } from 'react'
import css from './Settings.module.css'

/** One group of settings with its heading. */
export function Section({ title, text, children }: { title: string; text?: string; children: ReactNode }) {
  const id = useId()
  return (
    <section className={css.section} aria-labelledby={id}>
      <h2 className={css.heading} id={id}>
        {title}
      </h2>
      {text && <p className={css.text}>{text}</p>}
      {children}
    </section>
  )
}
