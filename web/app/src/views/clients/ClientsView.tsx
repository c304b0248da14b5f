import '../../i18n/clients'
import { Tabs } from 'radix-ui'
import { useTranslation } from 'react-i18next'
import { pathOf } from '../../model/route'
import column from '../Column.module.css'
import css from './Clients.module.css'
import tabs from '../../ui/Tabs.module.css'
import { Code } from './Code'
import { DemoView } from './DemoView'
import { Library } from './Library'
import { iceLine, PROTOCOLS, snippet, type Protocol } from './snippets'
import type { DemoState } from './state'
import type { DemoControls } from './useDemo'

export interface ClientsViewProps {
  /** The origin to write into code. */
  origin: string
  protocol: Protocol
  onProtocol: (protocol: Protocol) => void
  demo: DemoState
  controls: DemoControls
}

/** The lines developers need to let their clients meet at this server, and proof that they work. */
export function ClientsView({ origin, protocol, onProtocol, demo, controls }: ClientsViewProps) {
  const { t } = useTranslation('clients')
  const choose = (value: string) => onProtocol(PROTOCOLS.find((known) => known === value) ?? protocol)
  return (
    <div className={column.page}>
      <h1 className={column.title}>{t('title')}</h1>
      <p className={column.text}>{t('intro')}</p>
      <Tabs.Root value={protocol} onValueChange={choose} className={column.card}>
        <Tabs.List className={tabs.tabs} aria-label={t('protocols')}>
          {PROTOCOLS.map((one) => (
            <Tabs.Trigger key={one} value={one} className={tabs.tab}>
              {t(`${one}.name`)}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        {PROTOCOLS.map((one) => (
          <Tabs.Content key={one} value={one} className={tabs.content}>
            <p>{t(`${one}.text`)}</p>
            <Code code={snippet(one, origin)} label={t('codeOf', { name: t(`${one}.name`) })} />
            <p className={column.note}>{t(`${one}.note`)}</p>
            {one === 'native' && <Library />}
            <DemoView protocol={one} state={demo} controls={controls} />
          </Tabs.Content>
        ))}
      </Tabs.Root>
      <section className={column.card}>
        <h2 className={column.heading}>{t('ice.title')}</h2>
        <p className={column.text}>{t('ice.text')}</p>
        <Code code={iceLine(origin)} label={t('ice.title')} />
        <p className={column.note}>{t('ice.note')}</p>
      </section>
      <Trouble />
    </div>
  )
}

/** The three things that keep a right client from connecting. */
function Trouble() {
  const { t } = useTranslation('clients')
  return (
    <section className={column.card}>
      <h2 className={column.heading}>{t('trouble.title')}</h2>
      <ul className={css.list}>
        <li>
          {t('trouble.certificate')} <a href={pathOf({ kind: 'trust' })}>{t('trouble.trust')}</a>
        </li>
        <li>{t('trouble.origin')}</li>
        <li>{t('trouble.secure')}</li>
      </ul>
    </section>
  )
}
