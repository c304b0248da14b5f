import { CloudOff, WifiOff } from 'lucide-react'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { SessionState } from 'magpie-client'
import css from './Frame.module.css'

/** A short break heals by itself; saying so at once would only alarm. A page that opens without a connection says it. */
const PATIENCE_MS = 1200

/** One line about the connection, only while there is something to say. */
export function Banner({ session }: { session: SessionState }) {
  const { t } = useTranslation('common')
  const network = useSyncExternalStore(watchNetwork, () => navigator.onLine)
  const broken = session.kind === 'offline' || (session.kind === 'connecting' && session.attempt > 1)
  const late = useLate(broken)
  if (!late) return <div role="status" />
  const state = network ? t('banner.offline') : t('banner.deviceOffline')
  const known = session.kind === 'offline' && session.me !== null
  return (
    <div role="status" className={css.banner}>
      {network ? <CloudOff size={18} aria-hidden /> : <WifiOff size={18} aria-hidden />}
      <span>{known ? t('banner.both', { state, detail: t('banner.offlineDetail') }) : state}</span>
    </div>
  )
}

function useLate(now: boolean): boolean {
  const [late, setLate] = useState(now)
  useEffect(() => {
    const timer = setTimeout(() => setLate(now), now ? PATIENCE_MS : 0)
    return () => clearTimeout(timer)
  }, [now])
  return now && late
}

function watchNetwork(listener: () => void): () => void {
  addEventListener('online', listener)
  addEventListener('offline', listener)
  return () => {
    removeEventListener('online', listener)
    removeEventListener('offline', listener)
  }
}
