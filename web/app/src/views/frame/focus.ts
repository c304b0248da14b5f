import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react'

/**
 * Moves the focus into the view after a change of page inside the page, as a browser does after a real one. A view that
 * took the focus itself keeps it.
 */
export function useFocusOnArrival(main: RefObject<HTMLElement | null>, path: string): void {
  const before = useRef(path)
  useEffect(() => {
    if (before.current === path) return
    before.current = path
    if (!main.current?.contains(document.activeElement)) main.current?.focus({ preventScroll: true })
  }, [main, path])
}

/** Gives the focus back, after something covered the page, to what had it; to the view when that is gone. */
export function useFocusKept(main: RefObject<HTMLElement | null>, covered: boolean): void {
  const kept = useRef<Element | null>(null)
  // before the browser takes the focus from what has become inert
  useLayoutEffect(() => {
    if (!covered) return
    kept.current = document.activeElement
    const view = main.current
    return () => {
      const target = kept.current
      kept.current = null
      // once the page can take the focus again
      queueMicrotask(() => {
        const back = target instanceof HTMLElement && target !== document.body && target.isConnected ? target : view
        back?.focus({ preventScroll: true })
      })
    }
  }, [main, covered])
}
