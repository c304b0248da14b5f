import { useMemo } from 'react'
import { encode } from 'uqr'
import css from './Qr.module.css'

export interface QrProps {
  /** What the code carries. */
  text: string
  /** The accessible name of the picture. */
  label: string
}

/** A QR code as one SVG path, dark on white in every theme, since cameras read inverted codes badly. */
export function Qr({ text, label }: QrProps) {
  const { size, path } = useMemo(() => draw(text), [text])
  return (
    <svg className={css.qr} viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#0d1526" />
    </svg>
  )
}

function draw(text: string): { size: number; path: string } {
  const { data, size } = encode(text, { border: 3, ecc: 'M' })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return { size, path }
}
