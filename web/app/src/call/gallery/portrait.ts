/** Somebody before a camera, in colours. */
export interface Sitter {
  /** The wall, from the light side to the dark one. */
  wall: readonly [string, string]
  /** The light that falls in from the left. */
  glow: string
  coat: readonly [string, string]
  collar: string
  skin: readonly [string, string]
  hair: string
  longHair: boolean
}

export const LIN: Sitter = {
  wall: ['#b9cfd2', '#55727f'],
  glow: '#fff3da',
  coat: ['#c8684a', '#8f3f33'],
  collar: '#f3e4d3',
  skin: ['#f6cfae', '#d99f7c'],
  hair: '#2a2027',
  longHair: true,
}

export const NIULANG: Sitter = {
  wall: ['#ead6b4', '#9a7658'],
  glow: '#fff6df',
  coat: ['#3f5f86', '#243a5a'],
  collar: '#dfe7f0',
  skin: ['#efc19c', '#c98d68'],
  hair: '#2b2523',
  longHair: false,
}

/** Where to draw: a unit is the width of the head, and the middle of the head is the origin. */
interface Easel {
  pen: CanvasRenderingContext2D
  x: number
  y: number
  unit: number
}

/** Draws the sitter in a softly lit room, head and shoulders. */
export function drawPortrait(pen: CanvasRenderingContext2D, width: number, height: number, sitter: Sitter): void {
  const unit = Math.min(width, height * 0.8) * 0.34
  const easel = { pen, x: width / 2, y: height * 0.44, unit }
  drawRoom(pen, width, height, sitter)
  if (sitter.longHair) drawLongHair(easel, sitter)
  drawShoulders(easel, height, sitter)
  drawHead(easel, sitter)
  drawFace(easel, sitter)
  drawFringe(easel, sitter)
  drawShade(pen, width, height)
}

function drawRoom(pen: CanvasRenderingContext2D, width: number, height: number, { wall, glow }: Sitter): void {
  const light = pen.createLinearGradient(0, 0, width, height)
  light.addColorStop(0, wall[0])
  light.addColorStop(1, wall[1])
  fillAll(pen, width, height, light)
  const blur = Math.round(Math.min(width, height) / 26)
  pen.filter = `blur(${blur}px)`
  pen.fillStyle = glow
  pen.fillRect(width * 0.06, height * 0.08, width * 0.1, height * 0.44)
  pen.fillRect(width * 0.18, height * 0.08, width * 0.1, height * 0.44)
  pen.fillStyle = 'rgb(40 30 24 / 30%)'
  pen.fillRect(width * 0.74, height * 0.3, width * 0.3, height * 0.025)
  ;['#d9a25f', '#7d9a84', '#c9d4d6', '#a9604a'].forEach((colour, book) => {
    pen.fillStyle = colour
    pen.fillRect(width * (0.79 + book * 0.035), height * (0.15 + (book % 2) * 0.03), width * 0.026, height * 0.15)
  })
  pen.filter = 'none'
}

function drawLongHair({ pen, x, y, unit }: Easel, { hair }: Sitter): void {
  pen.fillStyle = hair
  pen.beginPath()
  pen.moveTo(x, y - unit * 0.78)
  pen.bezierCurveTo(x - unit * 0.82, y - unit * 0.8, x - unit * 0.7, y + unit * 0.3, x - unit * 0.74, y + unit * 1.15)
  pen.lineTo(x + unit * 0.74, y + unit * 1.15)
  pen.bezierCurveTo(x + unit * 0.7, y + unit * 0.3, x + unit * 0.82, y - unit * 0.8, x, y - unit * 0.78)
  pen.fill()
}

function drawShoulders({ pen, x, y, unit }: Easel, height: number, { coat, collar, skin }: Sitter): void {
  pen.fillStyle = skin[1]
  pen.fillRect(x - unit * 0.2, y + unit * 0.35, unit * 0.4, unit * 0.6)
  const cloth = pen.createLinearGradient(x - unit, 0, x + unit, 0)
  cloth.addColorStop(0, coat[0])
  cloth.addColorStop(1, coat[1])
  pen.fillStyle = cloth
  const bottom = Math.max(height, y + unit * 2.4)
  pen.beginPath()
  pen.moveTo(x - unit * 1.35, bottom)
  pen.bezierCurveTo(x - unit * 1.3, y + unit, x - unit * 0.75, y + unit * 0.95, x - unit * 0.24, y + unit * 0.76)
  pen.quadraticCurveTo(x, y + unit * 1.12, x + unit * 0.24, y + unit * 0.76)
  pen.bezierCurveTo(x + unit * 0.75, y + unit * 0.95, x + unit * 1.3, y + unit, x + unit * 1.35, bottom)
  pen.fill()
  pen.beginPath()
  pen.moveTo(x - unit * 0.24, y + unit * 0.76)
  pen.quadraticCurveTo(x, y + unit * 1.12, x + unit * 0.24, y + unit * 0.76)
  stroke(pen, collar, unit * 0.07)
}

function drawHead({ pen, x, y, unit }: Easel, { skin }: Sitter): void {
  const light = pen.createRadialGradient(x - unit * 0.2, y - unit * 0.1, unit * 0.1, x, y, unit * 0.75)
  light.addColorStop(0, skin[0])
  light.addColorStop(1, skin[1])
  oval(pen, x - unit * 0.49, y + unit * 0.04, unit * 0.08, unit * 0.13, skin[1])
  oval(pen, x + unit * 0.49, y + unit * 0.04, unit * 0.08, unit * 0.13, skin[1])
  oval(pen, x, y, unit * 0.49, unit * 0.62, light)
}

function drawFace({ pen, x, y, unit }: Easel, { hair }: Sitter): void {
  for (const side of [-1, 1]) {
    oval(pen, x + side * unit * 0.29, y + unit * 0.2, unit * 0.11, unit * 0.07, 'rgb(222 110 90 / 24%)')
    oval(pen, x + side * unit * 0.19, y + unit * 0.01, unit * 0.042, unit * 0.052, '#2c211f')
    oval(pen, x + side * unit * 0.19 - unit * 0.012, y - unit * 0.008, unit * 0.013, unit * 0.013, '#ffffff')
    pen.beginPath()
    pen.arc(x + side * unit * 0.19, y + unit * 0.02, unit * 0.16, Math.PI * 1.3, Math.PI * 1.7)
    stroke(pen, hair, unit * 0.028)
  }
  pen.beginPath()
  pen.arc(x, y + unit * 0.1, unit * 0.06, Math.PI * 0.2, Math.PI * 0.8)
  stroke(pen, 'rgb(150 84 60 / 55%)', unit * 0.022)
  pen.beginPath()
  pen.arc(x, y + unit * 0.18, unit * 0.2, Math.PI * 0.2, Math.PI * 0.8)
  stroke(pen, '#a9483f', unit * 0.034)
}

function drawFringe({ pen, x, y, unit }: Easel, { hair, longHair }: Sitter): void {
  const low = longHair ? 0.12 : -0.12
  pen.fillStyle = hair
  pen.beginPath()
  pen.moveTo(x - unit * 0.52, y + unit * low)
  pen.bezierCurveTo(x - unit * 0.66, y - unit * 0.6, x - unit * 0.3, y - unit * 0.8, x, y - unit * 0.78)
  pen.bezierCurveTo(x + unit * 0.3, y - unit * 0.8, x + unit * 0.66, y - unit * 0.6, x + unit * 0.52, y + unit * low)
  pen.quadraticCurveTo(x + unit * 0.46, y - unit * 0.26, x + unit * 0.22, y - unit * 0.34)
  pen.quadraticCurveTo(x - unit * 0.2, y - unit * 0.3, x - unit * 0.34, y - unit * 0.24)
  pen.quadraticCurveTo(x - unit * 0.48, y - unit * 0.16, x - unit * 0.52, y + unit * low)
  pen.fill()
}

/** Corners a little darker, as a lens makes them. */
function drawShade(pen: CanvasRenderingContext2D, width: number, height: number): void {
  const reach = Math.hypot(width, height) / 2
  const shade = pen.createRadialGradient(width / 2, height / 2, reach * 0.5, width / 2, height / 2, reach)
  shade.addColorStop(0, 'rgb(10 16 30 / 0%)')
  shade.addColorStop(1, 'rgb(10 16 30 / 34%)')
  fillAll(pen, width, height, shade)
}

type Paint = string | CanvasGradient

function fillAll(pen: CanvasRenderingContext2D, width: number, height: number, paint: Paint): void {
  pen.fillStyle = paint
  pen.fillRect(0, 0, width, height)
}

function oval(pen: CanvasRenderingContext2D, x: number, y: number, wide: number, tall: number, paint: Paint): void {
  pen.fillStyle = paint
  pen.beginPath()
  pen.ellipse(x, y, wide, tall, 0, 0, 2 * Math.PI)
  pen.fill()
}

function stroke(pen: CanvasRenderingContext2D, colour: string, thick: number): void {
  pen.strokeStyle = colour
  pen.lineWidth = thick
  pen.lineCap = 'round'
  pen.stroke()
}
