import { useTranslation } from 'react-i18next'
import guide from '../../../../../docs/clients.md?url'
import protocol from '../../../../../docs/protocol.md?url'
import readme from '../../../../sdk/README.md?url'
import css from './Clients.module.css'

/** The entries of the library; their words are keys of the translation. */
const ENTRIES = [
  { name: 'magpie-client', words: 'whole' },
  { name: 'magpie-client/devices', words: 'devices' },
  { name: 'magpie-client/screen', words: 'screen' },
  { name: 'magpie-client/quality', words: 'quality' },
] as const

/** What the library of the native protocol consists of, and where more is written. */
export function Library() {
  const { t } = useTranslation('clients')
  return (
    <>
      <dl className={css.entries}>
        {ENTRIES.map(({ name, words }) => (
          <div key={name}>
            <dt>
              <code>{name}</code>
            </dt>
            <dd>{t(`library.${words}`)}</dd>
          </div>
        ))}
      </dl>
      <p className={css.links}>
        <a href={readme}>{t('library.readme')}</a>
        <a href={protocol}>{t('library.protocol')}</a>
        <a href={guide}>{t('library.guide')}</a>
      </p>
    </>
  )
}
