import { useEffect, useState } from 'react'
import css from './Qr.module.css'

export interface QrProps {
  /** What the code carries. */
  text: string
  /** The accessible name of the picture. */
  label: string
}

/**
 * A QR code as one SVG path, dark on white in every theme, since cameras read inverted codes badly. The encoder is
 * fetched with the first code; until then there is a white square of the same size.
 */
export function Qr({ text, label }: QrProps) {
  const [drawn, setDrawn] = useState<Drawing | null>(null)
  useEffect(() => {
    let wanted = true
    void draw(text).then((drawing) => wanted && setDrawn(drawing))
    return () => {
      wanted = false
    }
  }, [text])
  const { size, path } = drawn ?? EMPTY
  return (
    <svg className={css.qr} viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#ffffff" />
      <path d={path} fill="#0d1526" />
    </svg>
  )
}

interface Drawing {
  size: number
  path: string
}

const EMPTY: Drawing = { size: 33, path: '' }

async function draw(text: string): Promise<Drawing> {
  const { encode } = await import('uqr')
  const { data, size } = encode(text, { border: 3, ecc: 'M' })
  const path = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return { size, path }
}
