/** Shows a system notification while the page is out of sight; a click on it brings the page back. */
export function notifyIncoming(title: string, body: string, tag: string): () => void {
  if (document.visibilityState === 'visible' && document.hasFocus()) return nothing
  if (typeof Notification === 'undefined' || Notification.permission !== 'granted') return nothing
  try {
    const shown = new Notification(title, { body, tag, icon: '/icon-192.png', requireInteraction: true, silent: true })
    shown.onclick = () => {
      window.focus()
      shown.close()
    }
    return () => shown.close()
  } catch {
    return nothing // phones show them only through a service worker
  }
}

/** Asks, from a click, for the right to notify. */
export async function allowNotifications(): Promise<NotificationPermission | 'unsupported'> {
  if (typeof Notification === 'undefined') return 'unsupported'
  return Notification.permission === 'default' ? Notification.requestPermission() : Notification.permission
}

function nothing(): void {}
