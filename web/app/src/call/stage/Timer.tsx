import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { clock } from '../view/duration'

/** How long the call has lasted, counting. `since` is in ms since 1970. */
export function Timer({ since, className }: { since: number; className?: string | undefined }) {
  const { t } = useTranslation('call')
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500)
    return () => clearInterval(timer)
  }, [])
  return (
    <span role="timer" aria-label={t('live.duration')} className={className}>
      {clock(now - since)}
    </span>
  )
}
