import { useEffect, useSyncExternalStore } from 'react'
import { useTranslation } from 'react-i18next'
import type { Actions } from './model/actions'
import type { AppState } from './model/state'
import type { Store } from './model/store'
import { Announcer } from './ui'
import { Explain } from './views/frame/Explain'
import { Frame } from './views/frame/Frame'
import { Stopped } from './views/frame/Stopped'
import { HomeView } from './views/home/HomeView'
import { LandingView, useFound } from './views/home/LandingView'
import { To, WithActions } from './views/Page'
import { useNow } from './views/useNow'

export interface AppProps {
  store: Store
  actions: Actions
}

/** The page: the frame, the view the address asks for, and the call on top of it. */
export function App({ store, actions }: AppProps) {
  const state = useSyncExternalStore(store.subscribe, store.get)
  useTitle(state)
  return (
    <WithActions actions={actions}>
      <Frame route={state.route} session={state.session} language={state.preferences.language}>
        <View state={state} />
      </Frame>
      <Announcer />
    </WithActions>
  )
}

function View({ state }: { state: AppState }) {
  const { route, session } = state
  const now = useNow()
  if (session.kind === 'replaced' || session.kind === 'failed') return <Stopped session={session} />
  switch (route.kind) {
    case 'home':
      return (
        <HomeView
          session={session}
          recents={state.recents}
          preferences={state.preferences}
          origin={location.origin}
          now={now}
        />
      )
    case 'call':
      return <Landing who={route.who} session={session} />
    default:
      return <NothingHere />
  }
}

function Landing({ who, session }: { who: string; session: AppState['session'] }) {
  const [found, retry] = useFound(who, session.kind === 'online')
  return <LandingView who={who} session={session} origin={location.origin} found={found} onRetry={retry} />
}

function NothingHere() {
  const { t } = useTranslation('common')
  return (
    <Explain
      title={t('notFound.title')}
      text={t('notFound.text')}
      actions={<To route={{ kind: 'home' }}>{t('home')}</To>}
    />
  )
}

function useTitle({ route }: AppState): void {
  const { t } = useTranslation('common')
  const view = route.kind === 'settings' || route.kind === 'trust' ? `${t(route.kind)} · ` : ''
  const title = view + t('appName')
  useEffect(() => {
    document.title = title
  }, [title])
}
