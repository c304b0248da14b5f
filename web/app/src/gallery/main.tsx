import { createRoot } from 'react-dom/client'
import { setLanguage, startI18n } from '../i18n'
import { applyTheme } from '../model/theme'
import { WithActions } from '../views/Page'
import '../styles/tokens.css'
import '../styles/base.css'
import { madeUpDevices, quietActions } from './fixtures'
import { registry } from './registry'

// gallery.html?view=home&state=empty&lang=zh&theme=dark draws one; without a view, the list of all, as links.
// A hash, #lang=zh&theme=dark, changes language and theme of what is drawn already.
const query = new URLSearchParams(location.search)
const entry = registry.find(({ view }) => view === query.get('view'))
const draw = entry?.states[query.get('state') ?? '']

// The lists of devices show the same ones on every machine.
navigator.mediaDevices.enumerateDevices = () => Promise.resolve(madeUpDevices())
// No device is opened: a check that failed would turn green by itself before it has been looked at in every language.
navigator.mediaDevices.getUserMedia = () => new Promise(() => undefined)
startI18n(languageIn(query))
applyTheme(themeIn(query))
addEventListener('hashchange', () => {
  const wish = new URLSearchParams(location.hash.slice(1))
  setLanguage(languageIn(wish))
  applyTheme(themeIn(wish))
})
const root = document.getElementById('root')
if (root) createRoot(root).render(<WithActions actions={quietActions}>{draw ? draw() : <Index />}</WithActions>)

function languageIn(wish: URLSearchParams) {
  return wish.get('lang') === 'zh' ? 'zh' : 'en'
}

function themeIn(wish: URLSearchParams) {
  return wish.get('theme') === 'dark' ? 'dark' : 'light'
}

/** Links to everything; a program reads `data-view` and `data-state`. */
function Index() {
  return (
    <main>
      <h1>Views</h1>
      <ul>
        {registry.flatMap(({ view, states }) =>
          Object.keys(states).map((state) => (
            <li key={`${view} ${state}`}>
              <a data-view={view} data-state={state} href={`?view=${view}&state=${state}`}>
                {view}: {state}
              </a>
            </li>
          )),
        )}
      </ul>
    </main>
  )
}
