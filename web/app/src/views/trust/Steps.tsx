import { Download } from 'lucide-react'
import { Tabs } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import column from '../Column.module.css'
import css from './Trust.module.css'
import tabs from '../../ui/Tabs.module.css'
import { SYSTEMS, type System } from './system'

/** The steps for each system, this one's first in view. */
export function Steps({ initial }: { initial: System }) {
  const { t } = useTranslation('trust')
  return (
    <Tabs.Root defaultValue={initial} className={column.card}>
      <Tabs.List className={tabs.tabs} aria-label={t('systems')}>
        {SYSTEMS.map((system) => (
          <Tabs.Trigger key={system} value={system} className={tabs.tab}>
            {t(`${system}.name`)}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {SYSTEMS.map((system) => (
        <Tabs.Content key={system} value={system} className={tabs.content}>
          <DownloadLink system={system} />
          <ol className={css.list}>
            <li>{t(`${system}.s1`)}</li>
            <li>{t(`${system}.s2`)}</li>
            <li>{t(`${system}.s3`)}</li>
          </ol>
          <p className={column.note}>{t(`${system}.note`)}</p>
        </Tabs.Content>
      ))}
    </Tabs.Root>
  )
}

function DownloadLink({ system }: { system: System }) {
  const { t } = useTranslation('trust')
  const profile = system === 'ios'
  return (
    <a
      className={css.download}
      href={profile ? '/trust/magpie.mobileconfig' : '/trust/ca.crt'}
      download={profile ? undefined : 'magpie-ca.crt'}
    >
      <Download size={20} aria-hidden />
      <span>{profile ? t('downloadProfile') : t('downloadCertificate')}</span>
    </a>
  )
}
