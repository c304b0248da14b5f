import i18next from 'i18next'
import { lazy, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { Magpie, needsAdapter, type Call } from 'magpie-client'
import { App } from './App'
import { armRingtone, wakeOnTouch } from './call/alert/ringtone'
import { startCall } from './call/start'
import { resolveLanguage, setLanguage, startI18n } from './i18n'
import { connect } from './model/connect'
import { readPreferences, type Preferences } from './model/preferences'
import { parseRoute } from './model/route'
import { readMe } from './model/me'
import { markSeen } from './model/missed'
import { initialState } from './model/state'
import { createStore, type Store } from './model/store'
import { toast } from './ui'
import { applyTheme, followSystemTheme } from './model/theme'
import { wireActions } from './model/wire'
import './styles/tokens.css'
import './styles/base.css'

const loadStage = () => import('./call/CallStage')
const CallStage = lazy(async () => ({ default: (await loadStage()).CallStage }))

start()

function start(): void {
  const storage = openStorage()
  const preferences = readPreferences(storage)
  startI18n(resolveLanguage(preferences.language, navigator.languages))
  applyTheme(preferences.theme)
  const client = new Magpie({ hideAddress: preferences.hideAddress })
  const store = createStore(initialState(parseRoute(location.pathname), preferences, readMe(storage)))
  const callOnStage = connect(client, store, { storage, window, now: Date.now })
  markSeen(client, store, document)
  client.on('linked', () => toast(i18next.t('link.done')))
  store.subscribe((after, before) => {
    if (after.preferences !== before.preferences) follow(client, after.preferences)
  })
  followSystemTheme(() => applyTheme(store.get().preferences.theme))
  // a loaded page is silent until it is touched, even if its ringtone was armed on an earlier visit
  if (preferences.ringtone) wakeOnTouch()
  draw(client, store, callOnStage)
  void begin(client)
  // not needed for the first paint, but at hand before anybody can ring
  void loadStage()
}

/** A browser that lacks a part of WebRTC gets it from the adapter before anything touches WebRTC. */
async function begin(client: Magpie): Promise<void> {
  // without the adapter the session still starts, and says what it misses
  if (needsAdapter()) await import('webrtc-adapter').catch(() => undefined)
  await client.start()
}

function draw(client: Magpie, store: Store, callOnStage: (id: string) => Call | null): void {
  const root = document.getElementById('root')
  if (!root) throw new Error('index.html has no #root')
  const actions = wireActions(client, store, {
    start: (to, media, preferences) => void startCall(client, to, media, preferences, actions.setPreferences),
    arm: () => void armRingtone(),
  })
  const close = () => store.dispatch({ type: 'call-closed' })
  const stage = (id: string, preferences: Preferences) => {
    const call = callOnStage(id)
    return (
      call && (
        <Suspense fallback={null}>
          <CallStage
            client={client}
            call={call}
            prefs={preferences}
            onPrefs={actions.setPreferences}
            onClose={close}
            redial={actions.dial}
          />
        </Suspense>
      )
    )
  }
  createRoot(root).render(
    <StrictMode>
      <App store={store} actions={actions} stage={stage} />
    </StrictMode>,
  )
}

function follow(client: Magpie, preferences: Preferences): void {
  setLanguage(resolveLanguage(preferences.language, navigator.languages))
  applyTheme(preferences.theme)
  client.hideAddress = preferences.hideAddress
}

/** A browser that refuses storage throws at the mere mention of it. */
function openStorage(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}
