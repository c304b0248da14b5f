import type { QRCode } from 'jsqr'

type Decode = (data: Uint8ClampedArray, width: number, height: number) => QRCode | null

/** The decoder, fetched when the first code is scanned: it is larger than the rest of the page's own script. */
export async function loadDecoder(): Promise<Decode> {
  const { default: decode } = await import('jsqr')
  return (data, width, height) => decode(data, width, height, { inversionAttempts: 'attemptBoth' })
}

/** The longest side given to the decoder: enough for a code that fills a third of the picture, cheap enough for each frame. */
const LONGEST = 800

/** Draws a picture small and reads the code in it; null when there is none. */
export function readCode(
  decode: Decode,
  source: CanvasImageSource,
  width: number,
  height: number,
  canvas: HTMLCanvasElement,
): string | null {
  const scale = Math.min(1, LONGEST / Math.max(width, height, 1))
  canvas.width = Math.round(width * scale)
  canvas.height = Math.round(height * scale)
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (!context || canvas.width === 0 || canvas.height === 0) return null
  context.drawImage(source, 0, 0, canvas.width, canvas.height)
  const { data } = context.getImageData(0, 0, canvas.width, canvas.height)
  return decode(data, canvas.width, canvas.height)?.data ?? null
}

/** Reads the code in a picture file. */
export async function readFile(file: File): Promise<string | null> {
  const [decode, bitmap] = await Promise.all([loadDecoder(), createImageBitmap(file)])
  try {
    return readCode(decode, bitmap, bitmap.width, bitmap.height, document.createElement('canvas'))
  } finally {
    bitmap.close()
  }
}
