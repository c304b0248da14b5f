import { House, Languages, Settings, ShieldCheck } from 'lucide-react'
import { useRef, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { SessionState } from 'magpie-client'
import type { Preferences } from '../../model/preferences'
import { pathOf, type Route } from '../../model/route'
import { IconButton, Logo, Menu } from '../../ui'
import { To, useActions } from '../Page'
import { Banner } from './Banner'
import css from './Frame.module.css'
import { useFocusKept, useFocusOnArrival } from './focus'

export interface FrameProps {
  route: Route
  session: SessionState
  language: Preferences['language']
  /** A call lies over the page: nothing of it can be reached until that is over. */
  covered: boolean
  children: ReactNode
}

/** What stands around every view: the name, the way to the other pages, the language, and the state of the connection. */
export function Frame({ route, session, language, covered, children }: FrameProps) {
  const { t } = useTranslation('common')
  const main = useRef<HTMLElement>(null)
  useFocusOnArrival(main, pathOf(route))
  useFocusKept(main, covered)
  return (
    <div className={css.frame} inert={covered}>
      <a className={css.skip} href="#content">
        {t('skip')}
      </a>
      <header className={css.header}>
        <To route={{ kind: 'home' }} className={css.logo}>
          <Logo name={t('appName')} />
        </To>
        <nav className={css.nav} aria-label={t('mainNavigation')}>
          <NavLink
            route={{ kind: 'home' }}
            current={route.kind}
            label={t('home')}
            icon={<House size={20} aria-hidden />}
          />
          <NavLink
            route={{ kind: 'trust' }}
            current={route.kind}
            label={t('trust')}
            icon={<ShieldCheck size={20} aria-hidden />}
          />
          <NavLink
            route={{ kind: 'settings' }}
            current={route.kind}
            label={t('settings')}
            icon={<Settings size={20} aria-hidden />}
          />
        </nav>
        <LanguageMenu choice={language} />
      </header>
      <Banner session={session} />
      <main ref={main} id="content" className={css.main} tabIndex={-1}>
        {children}
      </main>
    </div>
  )
}

function NavLink({
  route,
  current,
  label,
  icon,
}: {
  route: Route
  current: Route['kind']
  label: string
  icon: ReactNode
}) {
  return (
    <To route={route} className={css.link} current={current === route.kind}>
      {icon}
      <span>{label}</span>
    </To>
  )
}

function LanguageMenu({ choice }: { choice: Preferences['language'] }) {
  const { t } = useTranslation('common')
  const { setPreferences } = useActions()
  const item = (language: Preferences['language'], label: string) => ({
    label,
    checked: choice === language,
    onSelect: () => setPreferences({ language }),
  })
  return (
    <Menu
      trigger={
        <IconButton label={t('language')}>
          <Languages size={20} aria-hidden />
        </IconButton>
      }
      items={[item('zh', '中文'), item('en', 'English'), item('system', t('languageSystem'))]}
    />
  )
}
