import { useLayoutEffect, useRef, type PointerEvent as ReactPointerEvent, type RefObject } from 'react'
import { nearestCorner } from '../view/corner'
import type { Corner } from '../view/view'

interface CornerDrag {
  /** To be put on the thing that moves; its offset parent is where it moves in. */
  box: RefObject<HTMLDivElement | null>
  onPointerDown: (event: ReactPointerEvent) => void
}

/** Lets a box be dragged freely and settle into the nearest corner; a corner chosen otherwise is glided to as well. */
export function useCornerDrag(corner: Corner, onCorner: (corner: Corner) => void): CornerDrag {
  const box = useRef<HTMLDivElement>(null)
  const before = useRef<DOMRect | null>(null)
  useLayoutEffect(() => {
    const element = box.current
    if (element && before.current) settle(element, before.current)
    before.current = element ? restingPlace(element) : null
  }, [corner])

  const onPointerDown = (down: ReactPointerEvent) => {
    const element = box.current
    if (!element || down.button !== 0) return
    const handle = down.currentTarget as HTMLElement
    handle.setPointerCapture(down.pointerId)
    element.removeAttribute('data-settling')
    const move = (event: PointerEvent) => {
      if (event.pointerId !== down.pointerId) return
      element.setAttribute('data-dragging', '')
      offset(element, event.clientX - down.clientX, event.clientY - down.clientY)
    }
    const stop = () => {
      handle.removeEventListener('pointermove', move)
      handle.removeEventListener('pointerup', stop)
      handle.removeEventListener('pointercancel', stop)
      element.removeAttribute('data-dragging')
      const dropped = element.getBoundingClientRect()
      const next = cornerUnder(element, dropped)
      before.current = dropped
      if (next === corner) settle(element, dropped)
      else onCorner(next)
    }
    handle.addEventListener('pointermove', move)
    handle.addEventListener('pointerup', stop)
    handle.addEventListener('pointercancel', stop)
  }
  return { box, onPointerDown }
}

/** Starts from where the box was seen and glides to where it rests. */
function settle(element: HTMLElement, from: DOMRect): void {
  element.removeAttribute('data-settling')
  const rest = restingPlace(element)
  offset(element, from.left - rest.left, from.top - rest.top)
  // reading the place makes the browser take the start into account before the glide begins
  element.getBoundingClientRect()
  element.setAttribute('data-settling', '')
  offset(element, 0, 0)
}

function restingPlace(element: HTMLElement): DOMRect {
  offset(element, 0, 0)
  return element.getBoundingClientRect()
}

function cornerUnder(element: HTMLElement, rect: DOMRect): Corner {
  const room = (element.offsetParent ?? document.documentElement).getBoundingClientRect()
  const middle = { x: rect.left + rect.width / 2 - room.left, y: rect.top + rect.height / 2 - room.top }
  return nearestCorner(middle, room)
}

function offset(element: HTMLElement, x: number, y: number): void {
  element.style.setProperty('--dx', `${x}px`)
  element.style.setProperty('--dy', `${y}px`)
}
