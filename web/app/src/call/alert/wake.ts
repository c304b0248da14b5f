/** Keeps the screen on until stopped. The browser drops the lock whenever the page is hidden, so it is asked for again. */
export function keepAwake(): () => void {
  if (!('wakeLock' in navigator)) return () => undefined
  let lock: WakeLockSentinel | null = null
  let over = false
  const ask = async () => {
    if (document.visibilityState !== 'visible' || lock?.released === false) return
    lock = await navigator.wakeLock.request('screen').catch(() => null)
    if (over) void lock?.release()
  }
  const onVisible = () => void ask()
  void ask()
  document.addEventListener('visibilitychange', onVisible)
  return () => {
    over = true
    document.removeEventListener('visibilitychange', onVisible)
    void lock?.release()
  }
}
