// What each person's camera shows and microphone hears: made here, so that a test can tell who it sees and hears.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A person's colour and tone. */
export interface Look {
  /** Limited-range BT.601, as cameras give it. */
  readonly yuv: readonly [number, number, number]
  readonly rgb: readonly [number, number, number]
  /** Hertz. */
  readonly tone: number
}

export const looks = {
  red: { yuv: [81, 90, 240], rgb: [255, 0, 0], tone: 440 },
  green: { yuv: [145, 54, 34], rgb: [0, 255, 0], tone: 700 },
  blue: { yuv: [41, 240, 110], rgb: [0, 0, 255], tone: 1000 },
} as const satisfies Record<string, Look>

export type Colour = keyof typeof looks

const width = 320
const height = 240
const frames = 30
const sampleRate = 48_000

/** Writes `COLOUR.y4m` and `COLOUR.wav` into `folder` and returns their paths. */
export async function writeMedia(folder: string, colour: Colour): Promise<{ video: string; audio: string }> {
  const video = join(folder, `${colour}.y4m`)
  const audio = join(folder, `${colour}.wav`)
  await writeFile(video, movie(looks[colour]))
  await writeFile(audio, sound(looks[colour].tone))
  return { video, audio }
}

/** One colour with a white bar wandering through it, so that no two frames are alike. */
function movie({ yuv }: Look): Buffer {
  const header = Buffer.from(`YUV4MPEG2 W${width} H${height} F30:1 Ip A1:1 C420mpeg2\n`)
  const parts: Buffer[] = [header]
  for (let frame = 0; frame < frames; frame += 1) {
    const luma = Buffer.alloc(width * height, yuv[0])
    const bar = Math.floor((frame * (width - 8)) / frames)
    for (let row = 0; row < height; row += 1) luma.fill(235, row * width + bar, row * width + bar + 8)
    const quarter = (width * height) / 4
    parts.push(Buffer.from('FRAME\n'), luma, Buffer.alloc(quarter, yuv[1]), Buffer.alloc(quarter, yuv[2]))
  }
  return Buffer.concat(parts)
}

/** Two seconds of short beeps: a steady tone would be taken for noise and suppressed. */
function sound(hertz: number): Buffer {
  const samples = sampleRate * 2
  const wav = Buffer.alloc(44 + samples * 2)
  wav.write('RIFF', 0)
  wav.writeUInt32LE(36 + samples * 2, 4)
  wav.write('WAVEfmt ', 8)
  wav.writeUInt32LE(16, 16)
  wav.writeUInt16LE(1, 20)
  wav.writeUInt16LE(1, 22)
  wav.writeUInt32LE(sampleRate, 24)
  wav.writeUInt32LE(sampleRate * 2, 28)
  wav.writeUInt16LE(2, 32)
  wav.writeUInt16LE(16, 34)
  wav.write('data', 36)
  wav.writeUInt32LE(samples * 2, 40)
  for (let index = 0; index < samples; index += 1) {
    const seconds = index / sampleRate
    const loud = seconds % 0.4 < 0.25 ? 0.5 : 0
    wav.writeInt16LE(Math.round(Math.sin(2 * Math.PI * hertz * seconds) * loud * 32_767), 44 + index * 2)
  }
  return wav
}
