interface Size {
  width: number
  height: number
}

/**
 * Whether a picture should fill its box or be shown whole.
 * Filling looks better and costs the edges: up to a third of the picture may go, so that a face stays in it.
 */
export function fit(picture: Size, box: Size): 'cover' | 'contain' {
  if (picture.width === 0 || picture.height === 0 || box.width === 0 || box.height === 0) return 'cover'
  const ratio = picture.width / picture.height / (box.width / box.height)
  const shown = Math.min(ratio, 1 / ratio)
  return shown >= 1 - MOST_CUT ? 'cover' : 'contain'
}

const MOST_CUT = 0.36
