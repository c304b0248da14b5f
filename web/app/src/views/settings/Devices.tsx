import { Laptop, Smartphone, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Device } from 'magpie-client'
import { Button, Dialog, IconButton, toast } from '../../ui'
import { sentence } from '../errors'
import { day } from '../format'
import { useActions } from '../Page'
import { EnterCode, OfferCode } from './LinkCode'
import { Section } from './Section'
import column from '../Column.module.css'
import css from './Settings.module.css'

export interface DevicesProps {
  devices: readonly Device[]
  /** My link code is on the screen. */
  offering: boolean
  online: boolean
  /** Where others reach this page. */
  origin: string
  /** Milliseconds since 1970. */
  now: number
}

/** My devices: which there are, how another joins, how one goes. */
export function Devices({ devices, offering, online, origin, now }: DevicesProps) {
  const { t } = useTranslation('settings')
  const { setOffering } = useActions()
  const [entering, setEntering] = useState(false)
  const [leaving, setLeaving] = useState<Device | null>(null)
  return (
    <Section title={t('devices.title')} text={t('devices.text')}>
      <ul className={css.list}>
        {devices.map((device) => (
          <DeviceRow
            key={device.id}
            device={device}
            onRemove={devices.length > 1 && online ? () => setLeaving(device) : null}
          />
        ))}
      </ul>
      <div className={css.buttons}>
        <Button onClick={() => setOffering(true)} disabled={!online}>
          {t('devices.offer')}
        </Button>
        <Button onClick={() => setEntering(true)} disabled={!online}>
          {t('devices.enter')}
        </Button>
      </div>
      {offering && <OfferCode onClose={() => setOffering(false)} origin={origin} now={now} />}
      {entering && <EnterCode onClose={() => setEntering(false)} />}
      {leaving && <Leave device={leaving} onClose={() => setLeaving(null)} />}
    </Section>
  )
}

function DeviceRow({ device, onRemove }: { device: Device; onRemove: (() => void) | null }) {
  const { t, i18n } = useTranslation('settings')
  const Icon = /android|iphone|ipad|ios/i.test(device.label) ? Smartphone : Laptop
  return (
    <li className={css.row}>
      <Icon size={24} aria-hidden />
      <span className={css.words}>
        <span className={css.label}>
          {device.label}
          {device.here && <span className={css.badge}>{t('devices.here')}</span>}
        </span>
        <span className={column.note}>{t('devices.linkedAt', { date: day(device.linkedAt, i18n.language) })}</span>
      </span>
      {onRemove && (
        <IconButton label={t('devices.unlink', { label: device.label })} onClick={onRemove}>
          <Trash2 size={20} aria-hidden />
        </IconButton>
      )}
    </li>
  )
}

function Leave({ device, onClose }: { device: Device; onClose: () => void }) {
  const { t } = useTranslation('settings')
  const { t: common } = useTranslation('common')
  const { unlink } = useActions()
  const leave = async () => {
    onClose()
    try {
      await unlink(device.id)
      toast(common('link.unlinked'))
    } catch (error) {
      toast(sentence(common, error))
    }
  }
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('devices.unlinkTitle', { label: device.label })}
      description={device.here ? t('devices.unlinkHereText') : t('devices.unlinkText')}
    >
      <Button look="danger" wide onClick={() => void leave()}>
        {common('remove')}
      </Button>
      <Button wide onClick={onClose}>
        {common('cancel')}
      </Button>
    </Dialog>
  )
}
