import { useTranslation } from 'react-i18next'
import type { Card } from 'magpie-client'
import type { Preferences } from '../../model/preferences'
import { Avatar, Button, Switch, toast } from '../../ui'
import { sentence } from '../errors'
import { useActions, useName } from '../Page'
import { Section } from './Section'
import column from '../Column.module.css'
import css from './Settings.module.css'

export interface PrivacyProps {
  preferences: Preferences
  blocked: readonly Card[]
  online: boolean
}

/** Who may know my address, and who may not reach me. */
export function Privacy({ preferences, blocked, online }: PrivacyProps) {
  const { t } = useTranslation('settings')
  const { setPreferences } = useActions()
  return (
    <>
      <Section title={t('privacy.title')}>
        <Switch
          label={t('privacy.hide')}
          hint={t('privacy.hideHint')}
          checked={preferences.hideAddress}
          onChange={(hideAddress) => setPreferences({ hideAddress })}
        />
      </Section>
      <Section title={t('privacy.blocked')} text={t('privacy.blockedHint')}>
        {blocked.length === 0 && <p className={column.note}>{t('privacy.blockedEmpty')}</p>}
        {blocked.length > 0 && (
          <ul className={css.list}>
            {blocked.map((card) => (
              <Blocked key={card.id} card={card} online={online} />
            ))}
          </ul>
        )}
      </Section>
    </>
  )
}

function Blocked({ card, online }: { card: Card; online: boolean }) {
  const { t } = useTranslation('settings')
  const { t: common } = useTranslation('common')
  const { unblock } = useActions()
  const name = useName()(card)
  const release = () =>
    unblock(card.id).then(
      () => toast(t('privacy.unblocked', { name })),
      (error: unknown) => toast(sentence(common, error)),
    )
  return (
    <li className={css.row}>
      <Avatar name={name} seed={card.id} size="small" />
      <span className={css.words}>{name}</span>
      <Button onClick={() => void release()} disabled={!online} aria-label={t('privacy.unblock', { name })}>
        {t('privacy.unblockShort')}
      </Button>
    </li>
  )
}
