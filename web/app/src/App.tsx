import { lazy, Suspense, useEffect, useSyncExternalStore, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import type { Actions } from './model/actions'
import type { Preferences } from './model/preferences'
import type { AppState } from './model/state'
import type { Store } from './model/store'
import { Announcer } from './ui'
import { Explain } from './views/frame/Explain'
import { Frame } from './views/frame/Frame'
import { Stopped } from './views/frame/Stopped'
import { HomeView } from './views/home/HomeView'
import { LandingView, useFound } from './views/home/LandingView'
import { LinkDialogs } from './views/link/LinkDialogs'
import { To, WithActions } from './views/Page'
import { useNow } from './views/useNow'
import { useOrigin } from './views/useOrigin'

// Pages that are not for calling come when asked for.
const ClientsPage = lazy(() => import('./views/clients/ClientsPage'))
const SettingsPage = lazy(() => import('./views/settings/SettingsPage'))
const TrustPage = lazy(() => import('./views/trust/TrustPage'))

export interface AppProps {
  store: Store
  actions: Actions
  /** Draws the call with this id, over everything. */
  stage: (call: string, preferences: Preferences) => ReactNode
}

/** The page: the frame, the view the address asks for, and the call on top of it. */
export function App({ store, actions, stage }: AppProps) {
  const state = useSyncExternalStore(store.subscribe, store.get)
  useTitle(state)
  return (
    <WithActions actions={actions}>
      <Frame
        route={state.route}
        session={state.session}
        language={state.preferences.language}
        covered={state.stage !== null}
      >
        <Suspense fallback={null}>
          <View state={state} />
        </Suspense>
      </Frame>
      {state.stage === null && (
        <LinkDialogs requests={state.linkRequests} claim={state.claim} online={state.session.kind === 'online'} />
      )}
      {state.stage !== null && stage(state.stage, state.preferences)}
      <Announcer />
    </WithActions>
  )
}

function View({ state }: { state: AppState }) {
  const { route, session } = state
  const now = useNow()
  const origin = useOrigin()
  // how to trust the server is shown even where the page cannot work without that trust
  if (route.kind === 'trust') return <TrustPage origin={origin} />
  if (route.kind === 'clients') return <ClientsPage origin={origin} />
  if (session.kind === 'replaced' || session.kind === 'failed') return <Stopped session={session} />
  switch (route.kind) {
    case 'home':
      return (
        <HomeView
          session={session}
          remembered={state.remembered}
          recents={state.recents}
          preferences={state.preferences}
          origin={origin}
          now={now}
        />
      )
    case 'call':
      return <Landing who={route.who} session={session} origin={origin} />
    case 'settings':
      return (
        <SettingsPage
          session={session}
          preferences={state.preferences}
          offering={state.offering}
          origin={origin}
          now={now}
        />
      )
    case 'unknown':
      return <NothingHere />
  }
}

function Landing({ who, session, origin }: { who: string; session: AppState['session']; origin: string }) {
  const [found, retry] = useFound(who, session.kind === 'online')
  return <LandingView who={who} session={session} origin={origin} found={found} onRetry={retry} />
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

/** The views whose name stands in the title. */
const NAMED = ['settings', 'trust', 'clients'] as const

function useTitle({ route, stage }: AppState): void {
  const { t } = useTranslation('common')
  const view = NAMED.find((kind) => kind === route.kind)
  const title = view ? `${t(view)} · ${t('appName')}` : t('appName')
  useEffect(() => {
    // a call has a title of its own
    if (stage === null) document.title = title
  }, [title, stage])
}
