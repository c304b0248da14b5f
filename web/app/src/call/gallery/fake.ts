import type { Call, CallState, Card, MediaKind, PeerMedia } from 'magpie-client'
import { lin } from '../../gallery/fixtures'
import { LocalMedia } from '../media/local'
import { drawPortrait, LIN, NIULANG } from './portrait'

/** A call that goes nowhere, for pictures of the views. It answers every question and does nothing. */
export interface FakeCall {
  peer?: Card
  media?: MediaKind
  role?: 'caller' | 'callee'
  peerMedia?: PeerMedia
  remote?: MediaStream
  remoteScreen?: MediaStream
}

/** Makes one; the cast is the price of standing in for a class with private parts. */
export function fakeCall({
  peer = lin,
  media = 'video',
  role = 'caller',
  peerMedia,
  remote,
  remoteScreen,
}: FakeCall): Call {
  const state: CallState = { kind: 'connected', since: 0 }
  const nothing = () => undefined
  const settled = () => Promise.resolve()
  const call = {
    id: `${peer.id}-${media}-${role}`,
    role,
    peer,
    media,
    state,
    remote: remote ?? new MediaStream(),
    remoteScreen: remoteScreen ?? null,
    peerMedia: peerMedia ?? { audio: true, video: media === 'video', screen: false },
    screen: null,
    connection: null,
    on: () => nothing,
    accept: nothing,
    rejoin: nothing,
    decline: nothing,
    hangUp: nothing,
    setTrack: settled,
    setEnabled: nothing,
    shareScreen: settled,
    stopScreen: settled,
  }
  return call as unknown as Call
}

/** Devices that show a drawing. */
export function fakeLocal(call: Call, stream: MediaStream | null): LocalMedia {
  const local = new LocalMedia(call)
  local.begin(stream, { camera: null, microphone: null })
  return local
}

type Scene = 'lin' | 'niulang' | 'slides'

/** A picture as a camera would send it, without a camera. */
export function drawnStream(scene: Scene, width: number, height: number): MediaStream {
  const still = canvasOf(width, height)
  const first = still.getContext('2d')
  if (first) SCENES[scene](first, width, height)
  const canvas = canvasOf(width, height)
  const pen = canvas.getContext('2d')
  const paint = () => pen?.drawImage(still, 0, 0)
  paint()
  setInterval(paint, 100) // a canvas that stands still sends no frames
  return canvas.captureStream(10)
}

function canvasOf(width: number, height: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas')
  canvas.width = width
  canvas.height = height
  return canvas
}

const SCENES: Readonly<Record<Scene, (pen: CanvasRenderingContext2D, width: number, height: number) => void>> = {
  lin: (pen, width, height) => drawPortrait(pen, width, height, LIN),
  niulang: (pen, width, height) => drawPortrait(pen, width, height, NIULANG),
  slides,
}

function slides(pen: CanvasRenderingContext2D, width: number, height: number): void {
  pen.fillStyle = '#ffffff'
  pen.fillRect(0, 0, width, height)
  pen.fillStyle = '#14203a'
  pen.fillRect(width * 0.08, height * 0.1, width * 0.5, height * 0.07)
  pen.fillStyle = '#c6d7f5'
  for (let bar = 0; bar < 6; bar++) {
    const tall = height * (0.14 + 0.08 * bar)
    pen.fillRect(width * (0.1 + bar * 0.14), height * 0.86 - tall, width * 0.09, tall)
  }
}
