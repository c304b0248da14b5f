import { lazy, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { stopAll } from '../media/local'
import type { AskPerson, Prepared } from '../media/prepare'

// fetched when a device is in trouble, which most calls never see
const PreCallCheck = lazy(async () => ({ default: (await import('./PreCallCheck')).PreCallCheck }))

/**
 * Shows the pre-call check over whatever is on the page, in a root of its own: a call is started from many places, and
 * none of them has to make room for it.
 */
export const askInDialog: AskPerson = (preparation, asked) =>
  new Promise<Prepared>((resolve) => {
    const place = document.body.appendChild(document.createElement('div'))
    const root = createRoot(place)
    let open = true
    const finish = (prepared: Prepared) => {
      if (!open) {
        discard(prepared)
        return
      }
      open = false
      resolve(prepared)
      // the dialog gives the focus back as it goes, which React does after this event
      setTimeout(() => {
        root.unmount()
        place.remove()
      })
    }
    if (preparation.signal.aborted) {
      finish({ ok: false })
      return
    }
    preparation.signal.addEventListener('abort', () => finish({ ok: false }), { once: true })
    root.render(
      <Suspense fallback={null}>
        <PreCallCheck preparation={preparation} asked={asked} onDone={finish} />
      </Suspense>,
    )
  })

function discard(prepared: Prepared): void {
  if (prepared.ok && prepared.stream) stopAll(prepared.stream)
}
