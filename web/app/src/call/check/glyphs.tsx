import type { ReactNode } from 'react'
import css from './Picture.module.css'

/** The small drawings the pictures of permission controls are put together from. Coordinates are SVG user units. */

interface At {
  x: number
  y: number
}

export function Camera({ x, y, struck }: At & { struck?: boolean }) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect className={css.ink} x="-10" y="-6" width="14" height="12" rx="3" />
      <path className={css.ink} d="M4 -1 L10 -5 V5 L4 1" />
      {struck && <path className={css.bad} d="M-11 9 L11 -9" />}
    </g>
  )
}

export function Microphone({ x, y }: At) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect className={css.ink} x="-3.5" y="-9" width="7" height="11" rx="3.5" />
      <path className={css.ink} d="M-7 -1 a7 7 0 0 0 14 0 M0 6 V9" />
    </g>
  )
}

export function Lock({ x, y, open }: At & { open?: boolean }) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect className={css.ink} x="-6" y="-2" width="12" height="9" rx="2" />
      <path className={css.ink} d={open ? 'M-4 -2 v-3 a4 4 0 0 1 7 -2' : 'M-4 -2 v-2 a4 4 0 0 1 8 0 v2'} />
    </g>
  )
}

/** The two sliders Chromium shows left of an address. */
export function Sliders({ x, y }: At) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <path className={css.ink} d="M-7 -3.5 H1 M6 -3.5 H7 M-7 3.5 H-6 M-1 3.5 H7" />
      <circle className={css.ink} cx="3.5" cy="-3.5" r="2.3" />
      <circle className={css.ink} cx="-3.5" cy="3.5" r="2.3" />
    </g>
  )
}

/** The page menu of Safari on a phone: a page with lines under it. */
export function PageMenu({ x, y }: At) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect className={css.ink} x="-7" y="-7" width="14" height="9" rx="2" />
      <path className={css.ink} d="M-7 6 H7" />
    </g>
  )
}

export function Toggle({ x, y, on = true }: At & { on?: boolean }) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect className={on ? css.on : css.faint} x="-14" y="-8" width="28" height="16" rx="8" />
      <circle className={css.knob} cx={on ? 6 : -6} cy="0" r="6" />
    </g>
  )
}

/** Here is where to press. */
export function Here({ x, y, r = 16 }: At & { r?: number }) {
  return <circle className={css.ring} cx={x} cy={y} r={r} />
}

export function Line({ x, y, length }: At & { length: number }) {
  return <rect className={css.faint} x={x} y={y - 3} width={length} height="6" rx="3" />
}

/** A desktop browser's window with its address field; children are drawn over it. */
export function Desktop({ children, addressFrom = 92 }: { children: ReactNode; addressFrom?: number }) {
  return (
    <>
      <rect className={css.window} x="16" y="14" width="328" height="150" rx="12" />
      <circle className={css.faint} cx="34" cy="34" r="5" />
      <circle className={css.faint} cx="50" cy="34" r="5" />
      <rect className={css.field} x="66" y="20" width="262" height="28" rx="14" />
      <Line x={addressFrom + 10} y={34} length={104} />
      {children}
    </>
  )
}

/** A phone; `bottom` has the address at its foot. */
export function Phone({ children, bottom }: { children: ReactNode; bottom?: boolean }) {
  const y = bottom ? 118 : 24
  return (
    <>
      <rect className={css.window} x="104" y="10" width="152" height={156} rx="16" />
      <rect className={css.field} x="114" y={y} width="132" height="28" rx="14" />
      <Line x={150} y={y + 14} length={64} />
      {children}
    </>
  )
}

/** A small panel that floats over the window. */
export function Card({ x, y, width, height, children }: At & { width: number; height: number; children: ReactNode }) {
  return (
    <g transform={`translate(${x} ${y})`}>
      <rect className={css.window} width={width} height={height} rx="10" />
      {children}
    </g>
  )
}
