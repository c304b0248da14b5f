import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { Magpie } from 'magpie-client'
import { App } from './App'
import { resolveLanguage, setLanguage, startI18n } from './i18n'
import { connect } from './model/connect'
import { readPreferences, type Preferences } from './model/preferences'
import { parseRoute } from './model/route'
import { initialState } from './model/state'
import { createStore } from './model/store'
import { applyTheme, followSystemTheme } from './model/theme'
import { wireActions } from './model/wire'
import './styles/tokens.css'
import './styles/base.css'

start()

function start(): void {
  const storage = openStorage()
  const preferences = readPreferences(storage)
  startI18n(resolveLanguage(preferences.language, navigator.languages))
  applyTheme(preferences.theme)
  const client = new Magpie({ policy: policyOf(preferences) })
  const store = createStore(initialState(parseRoute(location.pathname), preferences))
  connect(client, store, { storage, window, now: Date.now })
  store.subscribe((after, before) => {
    if (after.preferences !== before.preferences) follow(client, after.preferences)
  })
  followSystemTheme(() => applyTheme(store.get().preferences.theme))
  const actions = wireActions(client, store, { start: () => undefined, arm: () => undefined })
  draw(<App store={store} actions={actions} />)
  void client.start()
}

function follow(client: Magpie, preferences: Preferences): void {
  setLanguage(resolveLanguage(preferences.language, navigator.languages))
  applyTheme(preferences.theme)
  client.policy = policyOf(preferences)
}

function policyOf({ hideAddress }: Preferences): RTCIceTransportPolicy {
  return hideAddress ? 'relay' : 'all'
}

function draw(app: React.ReactNode): void {
  const root = document.getElementById('root')
  if (!root) throw new Error('index.html has no #root')
  createRoot(root).render(<StrictMode>{app}</StrictMode>)
}

/** A browser that refuses storage throws at the mere mention of it. */
function openStorage(): Storage | null {
  try {
    return window.localStorage
  } catch {
    return null
  }
}
