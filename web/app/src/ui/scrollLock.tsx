import { Fragment, type ElementType, type ReactNode } from 'react'

interface RemoveScrollProps {
  as?: ElementType
  children: ReactNode
}

/**
 * Stands in for the package `react-remove-scroll`, which the dialog and menu primitives use: that one locks the page's
 * scrolling by injecting a style element, which our content security policy refuses. `[data-modal]` in base.css does it.
 */
export function RemoveScroll({ as: Element = Fragment, children }: RemoveScrollProps) {
  return <Element>{children}</Element>
}
