import { Copy, Share2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { OneTimeCode } from 'magpie-client'
import { underOrigin } from '../../model/server'
import { Button, Dialog, Qr, toast } from '../../ui'
import { sentence } from '../errors'
import { day } from '../format'
import { canShare, copyText, shareLink } from '../handOut'
import { useActions } from '../Page'
import { Section } from './Section'
import column from '../Column.module.css'
import css from './Settings.module.css'

/** Makes links that ring me once. */
export function Invite({ online, origin }: { online: boolean; origin: string }) {
  const { t } = useTranslation('settings')
  const { t: common } = useTranslation('common')
  const { createInvite } = useActions()
  const [made, setMade] = useState<OneTimeCode | null>(null)
  const [busy, setBusy] = useState(false)
  const create = async () => {
    setBusy(true)
    try {
      const invite = await createInvite()
      setMade({ ...invite, url: underOrigin(invite.url, origin) })
    } catch (error) {
      toast(sentence(common, error))
    } finally {
      setBusy(false)
    }
  }
  return (
    <Section title={t('invite.title')} text={t('invite.text')}>
      <div className={css.buttons}>
        <Button onClick={() => void create()} busy={busy} disabled={!online}>
          {t('invite.create')}
        </Button>
      </div>
      <Dialog
        open={made !== null}
        onOpenChange={() => setMade(null)}
        title={t('invite.dialogTitle')}
        description={t('invite.dialogText')}
      >
        {made && <InviteLink invite={made} />}
      </Dialog>
    </Section>
  )
}

/** The link, to copy, share or scan. */
export function InviteLink({ invite }: { invite: OneTimeCode }) {
  const { t, i18n } = useTranslation('settings')
  return (
    <div className={css.qr}>
      <Qr text={invite.url} label={t('invite.qr')} />
      <p className={css.url} aria-label={t('invite.link')}>
        {invite.url}
      </p>
      <p className={column.note}>{t('invite.expires', { date: day(invite.expires, i18n.language) })}</p>
      <div className={css.buttons}>
        <Button look="primary" icon={<Copy size={20} aria-hidden />} onClick={() => void copyText(invite.url)}>
          {t('invite.copy')}
        </Button>
        {canShare() && (
          <Button
            icon={<Share2 size={20} aria-hidden />}
            onClick={() => void shareLink(t('invite.shareText'), invite.url)}
          >
            {t('invite.share')}
          </Button>
        )}
      </div>
    </div>
  )
}
