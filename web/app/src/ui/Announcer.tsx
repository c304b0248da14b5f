import { useEffect, useState } from 'react'
import { onAnnouncement, type Announcement } from './announce'
import css from './Announcer.module.css'

const SHOWN_FOR_MS = 4000

/** The page's two live regions and its toast. Mounted once, always in the document, so that no message is missed. */
export function Announcer() {
  const [spoken, setSpoken] = useState<Partial<Record<Announcement['urgency'], Announcement>>>({})
  const [shown, setShown] = useState<Announcement | null>(null)
  useEffect(
    () =>
      onAnnouncement((announcement) => {
        setSpoken((previous) => ({ ...previous, [announcement.urgency]: announcement }))
        if (announcement.shown) setShown(announcement)
      }),
    [],
  )
  useEffect(() => {
    if (!shown) return
    const timer = setTimeout(() => setShown(null), SHOWN_FOR_MS)
    return () => clearTimeout(timer)
  }, [shown])
  return (
    <>
      <Region live="polite" announcement={spoken.polite} />
      <Region live="assertive" announcement={spoken.assertive} />
      {shown && (
        <div key={shown.id} className={css.toast} aria-hidden>
          {shown.text}
        </div>
      )}
    </>
  )
}

/** The key makes the same words, said twice, a new node: otherwise a screen reader keeps silent the second time. */
function Region({ live, announcement }: { live: 'polite' | 'assertive'; announcement: Announcement | undefined }) {
  return (
    <div className="hidden-text" aria-live={live} role={live === 'polite' ? 'status' : 'alert'}>
      {announcement && <span key={announcement.id}>{announcement.text}</span>}
    </div>
  )
}
