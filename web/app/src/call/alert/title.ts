/** Alternates the tab's title with `text` once a second, so that a background tab is found; returns the way to stop. */
export function flashTitle(text: string): () => void {
  const before = document.title
  const turn = () => (document.title = document.title === text ? before : text)
  turn()
  const timer = setInterval(turn, 1000)
  return () => {
    clearInterval(timer)
    document.title = before
  }
}
