import { Copy, Link, QrCode, Share2 } from 'lucide-react'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Me } from 'magpie-client'
import { groupNumber } from '../../model/address'
import { callLink } from '../../model/people'
import { Arc, classes, Dialog, IconButton, Qr } from '../../ui'
import { canShare, copyText, shareLink } from '../handOut'
import css from './Home.module.css'

export interface MyNumberProps {
  /** Null until the server has told it. */
  me: Me | null
  origin: string
  /** Adds the two sentences of a first visit. */
  welcome: boolean
}

/** My name and number, large, and the ways to give them to somebody. */
export function MyNumber({ me, origin, welcome }: MyNumberProps) {
  const { t } = useTranslation('home')
  const label = useId()
  const name = me && (me.name ?? (me.handle ? `@${me.handle}` : null))
  return (
    <section className={css.card}>
      <Arc className={css.cardArc} motion={me ? 'still' : 'growing'} />
      {name && <p className={css.myName}>{name}</p>}
      <p className={css.numberLabel} id={label}>
        {t('myNumber')}
      </p>
      <p className={css.number} role="status" aria-labelledby={label} aria-busy={me === null}>
        {me ? groupNumber(me.number) : <span className={css.numberLoading}>{t('myNumberLoading')}</span>}
      </p>
      {me?.name && me.handle && <p className={css.myHandle}>@{me.handle}</p>}
      <div className={css.tools}>{me && <Tools me={me} url={callLink(origin, me)} />}</div>
      {welcome && <p className={classes(css.welcome, !me && css.later)}>{t('welcome')}</p>}
    </section>
  )
}

function Tools({ me, url }: { me: Me; url: string }) {
  const { t } = useTranslation('home')
  const [showing, setShowing] = useState(false)
  const number = groupNumber(me.number)
  return (
    <>
      <IconButton look="quiet" label={t('copyNumber')} onClick={() => void copyText(number)}>
        <Copy size={20} aria-hidden />
      </IconButton>
      <IconButton look="quiet" label={t('copyLink')} onClick={() => void copyText(url)}>
        <Link size={20} aria-hidden />
      </IconButton>
      {canShare() && (
        <IconButton look="quiet" label={t('shareLink')} onClick={() => void shareLink(t('shareText', { number }), url)}>
          <Share2 size={20} aria-hidden />
        </IconButton>
      )}
      <IconButton look="quiet" label={t('showQr')} onClick={() => setShowing(true)}>
        <QrCode size={20} aria-hidden />
      </IconButton>
      <Dialog open={showing} onOpenChange={setShowing} title={t('qrTitle')} description={t('qrText')}>
        <QrBody url={url} />
      </Dialog>
    </>
  )
}

function QrBody({ url }: { url: string }) {
  const { t } = useTranslation('home')
  const local = /^https?:\/\/(localhost|127\.|\[::1\])/.test(url)
  return (
    <div className={css.qr}>
      <Qr text={url} label={t('qrLabel', { url })} />
      <p className={css.url}>{url}</p>
      {local && <p className={css.note}>{t('qrLocalhost')}</p>}
    </div>
  )
}
