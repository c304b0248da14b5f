import '../../i18n/trust'
import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'
import { isLocal, plainTrustUrl } from '../../model/server'
import { Button, classes, Qr } from '../../ui'
import { Explain } from '../frame/Explain'
import link from '../frame/Stopped.module.css'
import { To } from '../Page'
import { Steps } from './Steps'
import type { System } from './system'
import column from '../Column.module.css'
import css from './Trust.module.css'
import type { Light, Told } from './useTrust'

export interface TrustViewProps {
  light: Light
  told: Told
  /** The origin other devices should use. */
  origin: string
  /** Whether this page itself came over HTTPS. */
  secure: boolean
  system: System
  onRetry: () => void
}

/** How to make this and other devices trust the server's own certificate. Works before any session, and without one. */
export function TrustView({ light, told, origin, secure, system, onRetry }: TrustViewProps) {
  const { t } = useTranslation('trust')
  if (told.kind === 'told' && told.status.fingerprint === null) {
    return <Explain title={t('public.title')} text={t('public.text')} actions={<Home />} />
  }
  return (
    <div className={column.page}>
      <h1 className={column.title}>{t('title')}</h1>
      <p className={column.text}>{t('intro')}</p>
      <Lamp light={light} secure={secure} />
      <Steps initial={system} />
      <div className={column.pair}>
        <Phone url={plainTrustUrl(origin)} />
        <Fingerprint told={told} onRetry={onRetry} />
      </div>
      <section className={column.card}>
        <h2 className={column.heading}>{t('safe.title')}</h2>
        <p className={column.text}>{t('safe.text')}</p>
      </section>
    </div>
  )
}

function Home() {
  const { t } = useTranslation('trust')
  return (
    <To route={{ kind: 'home' }} className={link.button}>
      {t('public.home')}
    </To>
  )
}

function Lamp({ light, secure }: { light: Light; secure: boolean }) {
  const { t } = useTranslation('trust')
  return (
    <div className={css.lampBox}>
      <span className={classes(css.lamp, css[light])} aria-hidden />
      <div>
        <p role="status" aria-label={t('light.label')} className={css.lampWords}>
          {t(`light.${light}`)}
        </p>
        {light === 'trusted' && secure && <p className={column.note}>{t('trustedNote')}</p>}
        {light === 'trusted' && !secure && <a href={`https://${location.host}/`}>{t('openSecure')}</a>}
      </div>
    </div>
  )
}

function Phone({ url }: { url: string }) {
  const { t } = useTranslation('trust')
  return (
    <section className={column.card}>
      <h2 className={column.heading}>{t('phone')}</h2>
      {isLocal(url) ? (
        <p className={column.text}>{t('phoneLocalhost')}</p>
      ) : (
        <>
          <p className={column.text}>{t('phoneText')}</p>
          <Qr text={url} label={t('qr', { url })} />
          <p className={css.url}>{url}</p>
        </>
      )}
    </section>
  )
}

function Fingerprint({ told, onRetry }: { told: Told; onRetry: () => void }) {
  const { t } = useTranslation('trust')
  const { t: common } = useTranslation('common')
  return (
    <section className={column.card}>
      <h2 className={column.heading}>{t('fingerprint')}</h2>
      {told.kind === 'asking' && <p role="status">{common('loading')}</p>}
      {told.kind === 'told' && (
        <p className={css.code}>
          <Pairs hex={told.status.fingerprint ?? ''} />
        </p>
      )}
      {told.kind === 'failed' && (
        <>
          <p role="alert">{t('fingerprintFailed')}</p>
          <Button onClick={onRetry}>{common('retry')}</Button>
        </>
      )}
      <p className={column.note}>{t('fingerprintText')}</p>
    </section>
  )
}

/** The fingerprint as the server prints it, with a place to break the line after each pair. */
function Pairs({ hex }: { hex: string }) {
  return hex.split(':').map((pair, index) => (
    <Fragment key={index}>
      {index > 0 && ':'}
      <wbr />
      {pair}
    </Fragment>
  ))
}
