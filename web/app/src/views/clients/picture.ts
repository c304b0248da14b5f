import { acquire } from 'magpie-client/devices'
import { whenEnding } from './demos/demo'

/** Two colours that are told apart in any light, and by their letters. */
const COLOURS = { A: '#b4500f', B: '#2456c8' } as const
const SIZE = { width: 320, height: 240 }
const FRAMES_PER_SECOND = 20

/** A moving picture drawn here, for which nobody has to be asked. */
export function drawnPicture(name: keyof typeof COLOURS, ending: AbortSignal): MediaStream {
  const canvas = Object.assign(document.createElement('canvas'), SIZE)
  const pen = canvas.getContext('2d')
  if (!pen) throw new Error('no canvas')
  const begin = performance.now()
  const draw = () => paint(pen, name, (performance.now() - begin) / 1000)
  draw()
  const timer = setInterval(draw, 1000 / FRAMES_PER_SECOND)
  const stream = canvas.captureStream(FRAMES_PER_SECOND)
  whenEnding(ending, () => {
    clearInterval(timer)
    stop(stream)
  })
  return stream
}

/** The camera's picture, or null where it cannot be had. */
export async function cameraPicture(ending: AbortSignal): Promise<MediaStream | null> {
  const got = await acquire({ audio: false, video: true })
  if (!got.ok) return null
  whenEnding(ending, () => stop(got.stream))
  return got.stream
}

/** A letter under the bridge of magpies, along which a light goes once in three seconds. */
function paint(pen: CanvasRenderingContext2D, name: keyof typeof COLOURS, seconds: number): void {
  const { width, height } = SIZE
  pen.fillStyle = COLOURS[name]
  pen.fillRect(0, 0, width, height)
  pen.strokeStyle = pen.fillStyle = '#ffffff'
  pen.lineWidth = 6
  pen.beginPath()
  pen.arc(width / 2, height, 150, Math.PI, 2 * Math.PI)
  pen.stroke()
  const angle = Math.PI * (1 + ((seconds / 3) % 1))
  pen.beginPath()
  pen.arc(width / 2 + 150 * Math.cos(angle), height + 150 * Math.sin(angle), 14, 0, 2 * Math.PI)
  pen.fill()
  pen.font = '600 96px system-ui, sans-serif'
  pen.textAlign = 'center'
  pen.fillText(name, width / 2, height - 36)
}

function stop(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop()
}
