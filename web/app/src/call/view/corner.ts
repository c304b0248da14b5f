import type { Corner } from './view'

/** The corner nearest to a point of a box; all in CSS pixels from the box's top left. */
export function nearestCorner(point: { x: number; y: number }, box: { width: number; height: number }): Corner {
  const side = point.x < box.width / 2 ? 'left' : 'right'
  return point.y < box.height / 2 ? `top-${side}` : `bottom-${side}`
}

/** Where an arrow key moves something that lies in a corner; null for every other key. */
export function cornerByKey(corner: Corner, key: string): Corner | null {
  const [row, side] = corner.split('-') as ['top' | 'bottom', 'left' | 'right']
  switch (key) {
    case 'ArrowLeft':
      return `${row}-left`
    case 'ArrowRight':
      return `${row}-right`
    case 'ArrowUp':
      return `top-${side}`
    case 'ArrowDown':
      return `bottom-${side}`
    default:
      return null
  }
}
