import type { MediaFailure } from 'magpie-client/devices'
import { useTranslation } from 'react-i18next'
import { platform } from './browser'
import type { Device } from './check'
import { Picture } from './Picture'
import css from './PreCallCheck.module.css'

interface TroubleProps {
  device: Device | 'both'
  why: MediaFailure
}

/** One failure: what is wrong in words, a picture of the place to press, and the next step. */
export function Trouble({ device, why }: TroubleProps) {
  const { t } = useTranslation('call')
  const { browser, system } = platform(navigator.userAgent, navigator.maxTouchPoints)
  const next =
    why === 'denied' || why === 'dismissed'
      ? t(`check.next.${why}.${browser}`)
      : why === 'denied-by-system'
        ? t(`check.next.denied-by-system.${system}`)
        : t(`check.next.${why}`)
  const secure = `https://${location.host}${location.pathname}`
  return (
    <section className={css.trouble} role="alert">
      <Picture why={why} browser={browser} />
      <h3>{t(`check.trouble.${why}.${device}`)}</h3>
      <p>{next}</p>
      {why === 'insecure' && (
        <p>
          <a href={secure}>{secure}</a>
        </p>
      )}
    </section>
  )
}
