import { Copy } from 'lucide-react'
import { useEffect, useState, type SubmitEvent } from 'react'
import { useTranslation } from 'react-i18next'
import type { OneTimeCode } from 'magpie-client'
import { parseAddress } from '../../model/address'
import { underOrigin } from '../../model/server'
import { Arc, Button, Dialog, IconButton, Qr, TextField } from '../../ui'
import { sentence } from '../errors'
import { duration } from '../format'
import { copyText } from '../handOut'
import { useActions } from '../Page'
import column from '../Column.module.css'
import css from './Settings.module.css'

/** Shows a code that lets one other device become mine. */
export function OfferCode({ onClose, origin, now }: { onClose: () => void; origin: string; now: number }) {
  const { t } = useTranslation('settings')
  const { offerLink } = useActions()
  const [round, setRound] = useState(0)
  const [answer, setAnswer] = useState<{ round: number; offer: OneTimeCode | null; error: unknown } | null>(null)
  useEffect(() => {
    let wanted = true
    offerLink().then(
      (offer) => wanted && setAnswer({ round, offer, error: null }),
      (error: unknown) => wanted && setAnswer({ round, offer: null, error }),
    )
    return () => {
      wanted = false
    }
  }, [offerLink, round])
  const current = answer?.round === round ? answer : null
  return (
    <Dialog open onOpenChange={onClose} title={t('devices.offerTitle')} description={t('devices.offerText')}>
      <Offered
        offer={current?.offer ?? null}
        error={current?.error ?? null}
        origin={origin}
        now={now}
        onAgain={() => setRound(round + 1)}
      />
    </Dialog>
  )
}

interface OfferedProps {
  offer: OneTimeCode | null
  error: unknown
  origin: string
  now: number
  onAgain: () => void
}

function Offered({ offer, error, origin, now, onAgain }: OfferedProps) {
  const { t, i18n } = useTranslation('settings')
  const { t: common } = useTranslation('common')
  const again = (
    <Button look="primary" onClick={onAgain}>
      {t('devices.again')}
    </Button>
  )
  if (error) {
    return (
      <div className={css.qr}>
        <p role="alert">{sentence(common, error)}</p>
        {again}
      </div>
    )
  }
  if (!offer) return <Arc motion="growing" />
  if (offer.expires <= now) {
    return (
      <div className={css.qr}>
        <p role="status">{t('devices.expired')}</p>
        {again}
      </div>
    )
  }
  return (
    <div className={css.qr}>
      <Qr text={underOrigin(offer.url, origin)} label={t('devices.offerQr')} />
      <div className={css.row}>
        <p className={css.code} aria-label={t('devices.code')}>
          {offer.code}
        </p>
        <IconButton label={common('copy')} onClick={() => void copyText(offer.code)}>
          <Copy size={20} aria-hidden />
        </IconButton>
      </div>
      <p className={column.note}>{t('devices.expires', { time: duration(offer.expires - now, i18n.language) })}</p>
    </div>
  )
}

/** Takes the code another device shows, or the link it came in. */
export function EnterCode({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('settings')
  const { setClaim } = useActions()
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  const submit = (event: SubmitEvent) => {
    event.preventDefault()
    const code = readCode(text)
    if (code === null) {
      setWrong(true)
      return
    }
    onClose()
    setClaim({ kind: 'asking', code })
  }
  const type = (value: string) => {
    setText(value)
    setWrong(false)
  }
  return (
    <Dialog open onOpenChange={onClose} title={t('devices.enterTitle')} description={t('devices.enterText')}>
      <form className={css.form} onSubmit={submit}>
        <TextField
          label={t('devices.enterField')}
          value={text}
          onChange={type}
          error={wrong ? t('devices.enterBad') : null}
          autoComplete="one-time-code"
          autoCapitalize="characters"
          spellCheck={false}
        />
        <Button type="submit" look="primary" wide>
          {t('devices.enterAction')}
        </Button>
      </form>
    </Dialog>
  )
}

function readCode(text: string): string | null {
  const address = parseAddress(text)
  if (address.kind === 'device-link') return address.code
  const code = text.normalize('NFKC').replace(/[\s-]/g, '')
  return /^[A-Za-z0-9]{8}$/.test(code) ? code : null
}
